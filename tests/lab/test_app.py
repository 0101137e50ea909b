"""The app as an operator uses it: real key strokes in a real terminal, on two real hosts."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.lab.driver import COMMAND, IMAGE, Podferry, count, peek, run_counter, state
from tests.lab.fixtures import Pair
from tests.lab.host import LabHost
from tests.lab.lab import Lab
from tests.lab.spec import HostSpec
from tests.lab.terminal import Terminal


@pytest.fixture
def podferry(lab: Lab, tmp_path: Path) -> Podferry:
    return Podferry(tmp_path, lab.ssh_config)


def opened(
    podferry: Podferry, *hosts: str, size: tuple[int, int] = (120, 40), **env: str
) -> Terminal:
    return Terminal([str(COMMAND), *hosts], {**podferry.environment(), **env}, size)


def mark(terminal: Terminal, key: str) -> None:
    """Mark for a checkpoint; the first one tells of btrfs."""
    terminal.press(key)
    terminal.wait_for("on copy-on-write btrfs")
    terminal.press("Escape")
    terminal.wait_until_gone("Take back")


def go(terminal: Terminal) -> None:
    """From marks to a run: the plan is shown, and one key starts it."""
    terminal.press("g")
    terminal.wait_for(r"move[s]? from \w+ to \w+")
    terminal.press("g")
    terminal.wait_for(r"^ ?Run \d{8}-")


def test_a_counter_moves_live(podferry: Podferry, pair: Pair) -> None:
    old, new = pair
    run_counter(old, "web", 8080)
    assert [count(old, 8080) for _ in range(4)] == [0, 1, 2, 3]
    with opened(podferry, "old", "new") as terminal:
        terminal.wait_for(r"web +● running")
        mark(terminal, "c")
        terminal.wait_for("1 item marked")
        go(terminal)
        done = terminal.wait_for("podferry accept")
        assert re.search(r"web +checkpoint +✓ moved", done)
        assert count(new, 8080) == 4
        terminal.press("Enter")
        terminal.wait_for(r"web +→ moved.*\u258f.*web +● running")
    assert state(old, "web") == "exited"


def make_pod(old: LabHost) -> None:
    old.ssh("podman pod create --name shop -p 8090:8088 -p 8091:9000 -p 8092:9001")
    for name, port in (("shop-web", 8088), ("shop-db", 9000), ("shop-api", 9001)):
        old.ssh(f"podman run -d --pod shop --name {name} -e PORT={port} {IMAGE}")


def test_a_pod_of_three_moves_by_kube_and_answers(podferry: Podferry, pair: Pair) -> None:
    old, new = pair
    make_pod(old)
    with opened(podferry, "old", "new", size=(80, 24)) as terminal:
        terminal.wait_for(r"shop +● running")
        terminal.press("e")
        go(terminal)
        terminal.wait_for("podferry accept", 120)
    assert [count(new, port) for port in (8090, 8091, 8092)] == [0, 0, 0]
    assert state(old, "shop-web") == "exited"


def test_a_pod_moves_live_and_its_counters_go_on(podferry: Podferry, pair: Pair) -> None:
    old, new = pair
    make_pod(old)
    for port, times in ((8090, 1), (8091, 2), (8092, 3)):
        for _ in range(times):
            count(old, port)
    with opened(podferry, "old", "new") as terminal:
        terminal.wait_for(r"shop +● running")
        mark(terminal, "Space")
        go(terminal)
        terminal.wait_for("podferry accept", 120)
    assert [count(new, port) for port in (8090, 8091, 8092)] == [1, 2, 3]


def test_pods_move_while_both_hosts_are_watched(podferry: Podferry, pair: Pair) -> None:
    """Podman deadlocks when pods are listed while a container of one is dumped (see PodGate)."""
    old, new = pair
    for n in range(4):
        old.ssh(f"podman pod create --name pod-{n} -p {8100 + n}:8088")
        for port in (8088, 9000):
            old.ssh(f"podman run -d --pod pod-{n} --name c-{n}-{port} -e PORT={port} {IMAGE}")
        count(old, 8100 + n)
    with opened(podferry, "old", "new") as terminal:
        terminal.wait_for(r"pod-3 +● running")
        mark(terminal, "a")
        terminal.wait_for("4 items marked")
        go(terminal)
        done = terminal.wait_for("podferry accept", 180)
    assert "✓ 4 moved" in done
    assert "hung" not in done
    assert [count(new, 8100 + n) for n in range(4)] == [1, 1, 1, 1]


def test_a_failed_restore_is_shown_and_the_source_counts_on(podferry: Podferry, pair: Pair) -> None:
    old, new = pair
    run_counter(old, "web", 8080, memory_mib=512)
    count(old, 8080)
    with opened(podferry, "old", "new") as terminal:
        terminal.wait_for(r"web +● running")
        mark(terminal, "c")
        go(terminal)
        terminal.wait_for(r"step \d/\d +dump web")
        new.ssh(f"podman rmi -f {IMAGE}")
        terminal.wait_for("rolled back", 120)
        terminal.wait_for(r"web +checkpoint +\S rolled back", 120)
    assert count(old, 8080) == 1
    assert state(new, "web") == ""


def test_cancel_with_a_key_ends_on_the_source(podferry: Podferry, pair: Pair) -> None:
    old, _ = pair
    run_counter(old, "web", 8080, memory_mib=512)
    count(old, 8080)
    with opened(podferry, "old", "new") as terminal:
        terminal.wait_for(r"web +● running")
        mark(terminal, "c")
        go(terminal)
        terminal.wait_for(r"step \d/\d +dump web")
        terminal.resize(60, 15)
        terminal.press("x")
        terminal.wait_for("press x again")
        terminal.press("x")
        terminal.wait_for("cancelled", 120)
        terminal.resize(120, 40)
        terminal.wait_for(r"web +checkpoint +\S cancelled", 120)
    assert count(old, 8080) == 1


def test_an_item_that_vanished_between_mark_and_go(podferry: Podferry, pair: Pair) -> None:
    old, _ = pair
    run_counter(old, "api", 8081)
    run_counter(old, "web", 8080)
    with opened(podferry, "old", "new") as terminal:
        terminal.wait_for(r"web +● running")
        mark(terminal, "a")
        terminal.wait_for("2 items marked")
        terminal.press("g")
        terminal.wait_for("move from old to new")
        old.ssh("podman rm -f -t0 api")
        terminal.press("g")
        done = terminal.wait_for("podferry accept", 120)
        assert re.search(r"web +checkpoint +✓ moved", done)
        assert "api" in done
    assert peek(pair.new, 8080) == 0


def test_a_host_that_cannot_be_reached_is_told_and_tried_again(
    podferry: Podferry, pair: Pair
) -> None:
    old, new = pair
    run_counter(old, "web", 8080)
    run_counter(new, "there", 8081)
    new.cut_network()
    try:
        with opened(podferry, "old", "new", size=(80, 24)) as terminal:
            terminal.wait_for(r"web +● running")
            terminal.wait_for("no way to the host|does not answer")
            new.heal_network()
            terminal.press("Tab")
            terminal.press("r")
            terminal.wait_for(r"there +● running")
    finally:
        new.heal_network()


def test_hostile_text_stands_as_it_is(podferry: Podferry, pair: Pair) -> None:
    label = "[/x] [red] $(id) \u2603"
    pair.old.ssh(
        [
            "podman",
            "run",
            "-d",
            "--name",
            "a_b.c-D",
            "--label",
            f"x={label}",
            IMAGE,
            "/bin/sh",
            "-c",
            "while :; do echo '[/x] [red]'; sleep 1; done",
            "[bold]",
        ]
    )
    with opened(podferry, "old", "new", NO_COLOR="1") as terminal:
        terminal.wait_for(r"a_b\.c-D +● running")
        terminal.press("d")
        terminal.wait_for(re.escape("[/x] [red]"))


def test_a_rootless_host_shows_its_items(
    podferry: Podferry, special_host: Callable[[HostSpec], LabHost]
) -> None:
    host = special_host(HostSpec("users", size="2G"))
    host.ssh("podman save localhost/counter > /tmp/i.tar; chmod a+r /tmp/i.tar")
    host.ssh("podman load -q -i /tmp/i.tar", user="plain")
    host.ssh(f"podman run -d --name mine {IMAGE}", user="plain")
    with opened(podferry, "plain@users") as terminal:
        terminal.wait_for(r"mine +● running")
        terminal.wait_for("rootless")
