"""What moved is alive as it was, or goes back: seen on real hosts, headless."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.lab.driver import COMMAND, IMAGE, Podferry, Told, count, run_counter, state
from tests.lab.fixtures import Pair
from tests.lab.host import LabHost
from tests.lab.lab import Lab
from tests.lab.terminal import Terminal

COUNTS = 'http = ":8080/peek", number = "counter: "'


@pytest.fixture
def podferry(lab: Lab, tmp_path: Path) -> Podferry:
    return Podferry(tmp_path, lab.ssh_config)


def verdicts(told: Told) -> dict[str, str]:
    """Kind of evidence to verdict, of the one item that was verified."""
    return {kind: found["verdict"] for kind, found in told.item["evidence"].items()}


def test_an_honest_move_is_all_green(podferry: Podferry, pair: Pair) -> None:
    old, new = pair
    old.ssh("podman volume create data")
    run_counter(
        old, "web", 8080, "--label", f"podferry.probe.count={COUNTS}", "-v", "data:/data",
        "-e", "PASSWORD=hunter2",
    )  # fmt: skip
    old.ssh(
        "podman exec web sh -c 'echo kept > /data/f; echo mine > /etc/mine; echo x >> /etc/passwd'"
    )
    assert [count(old, 8080) for _ in range(3)] == [0, 1, 2]

    told = podferry.move("web", dwell=3)

    assert told.code == 0, told
    assert told.item["outcome"] == "moved"
    assert count(new, 8080) == 3
    again = podferry("verify", "last", "--json")
    assert again.code == 0, again
    seen = verdicts(again)
    same = {"state", "image", "processes", "sockets", "files", "volumes", "env", "mounts", "limits"}
    assert {kind: seen[kind] for kind in same} == dict.fromkeys(same, "same")
    assert seen["probes"] == "expected"
    assert again.item["evidence"]["probes"]["before"] == "count 200, 3"
    assert again.item["evidence"]["probes"]["after"] == "count 200, 4"
    assert "different" not in seen.values()
    journal = b"".join(p.read_bytes() for p in podferry.state.rglob("*.sqlite*"))
    assert b"hunter2" not in journal
    text = podferry("verify")
    assert text.code == 0
    assert text.text.startswith("item  state image processes")


def run_that_ends(host: LabHost, name: str) -> None:
    """A container that ends 3 s after it finds itself on another host."""
    where = "$(cat /proc/sys/kernel/random/boot_id /host)"
    program = f'here={where}; while [ "$here" = "{where}" ]; do sleep 1; done; sleep 3; exit 7'
    flags = ["--name", name, "-v", "/tmp/host:/host:ro"]
    host.ssh(["podman", "run", "-d", *flags, IMAGE, "/bin/sh", "-c", program])


def test_one_that_restores_and_exits_is_caught_and_goes_back(
    podferry: Podferry, pair: Pair
) -> None:
    old, new = pair
    for host in pair:
        host.ssh(f"echo {host.name} > /tmp/host")
    run_that_ends(old, "brief")

    told = podferry.move("brief", dwell=12)

    assert told.code == 1, told
    assert told.item["outcome"] == "rolled_back"
    assert "it ended with exit code 7" in told.item["reason"]
    assert state(new, "brief") == ""
    assert state(old, "brief") == "running"


def a_counter_at_eleven(host: LabHost) -> None:
    run_counter(host, "web", 8080, "--label", f"podferry.probe.count={COUNTS}")
    assert [count(host, 8080) for _ in range(11)] == list(range(11))


def test_one_whose_counter_starts_anew_is_caught_and_goes_back(
    podferry: Podferry, pair: Pair
) -> None:
    old, new = pair
    a_counter_at_eleven(old)

    told = podferry.move("web", route="kube", dwell=2)

    assert told.code == 1, told
    assert told.item["outcome"] == "rolled_back"
    assert "count: 0 after 11: it has begun anew" in told.item["reason"]
    assert state(new, "web") == ""
    assert state(old, "web") == "running"


def test_one_whose_file_differs_is_caught_and_goes_back(podferry: Podferry, pair: Pair) -> None:
    old, new = pair
    run_counter(old, "web", 8080)
    old.ssh("podman exec web sh -c 'echo right > /etc/setting'")
    count(old, 8080)

    with podferry.watching("move", "old", "new", "web", "--dwell=6") as moving:
        moving.wait_for(lambda event: event["event"] == "up")
        new.ssh(
            "podman exec web sh -c 'echo wrong > /etc/setting; touch -d 2020-01-01 /etc/setting'"
        )
        told = moving.end()

    assert told.code == 1, told
    assert told.item["outcome"] == "rolled_back"
    assert "differs: etc/setting" in told.item["reason"]
    assert old.ssh("podman exec web cat /etc/setting").stdout == "right\n"
    assert count(old, 8080) == 1


def test_a_file_that_is_tampered_with_later_is_told_by_verify(
    podferry: Podferry, pair: Pair
) -> None:
    old, new = pair
    old.ssh("podman volume create data")
    run_counter(old, "web", 8080, "-v", "data:/data")
    old.ssh("podman exec web sh -c 'echo right > /data/f'")
    assert podferry.move("web").code == 0
    new.ssh("podman exec web sh -c 'echo later > /data/g'")
    told = podferry("verify", "--json")
    assert told.code == 0, told
    assert verdicts(told)["volumes"] == "expected"

    new.ssh("podman exec web sh -c 'echo wrong > /data/f; touch -d 2020-01-01 /data/f'")

    told = podferry("verify", "--json")
    assert told.code == 1, told
    assert told.item["evidence"]["volumes"]["detail"] == ["differs: data: f"]
    told = podferry("verify")
    assert "web: volumes different: differs: data: f" in told.text


def opened(podferry: Podferry, dwell_s: int) -> Terminal:
    env = {**podferry.environment(), "PODFERRY_DWELL": str(dwell_s)}
    return Terminal([str(COMMAND), "old", "new"], env, (120, 40))


def move_by_keys(terminal: Terminal, name: str, key: str) -> None:
    """From a mark to the end of the run."""
    terminal.wait_for(rf"{name} +● running")
    terminal.press(key)
    if key == "c":
        terminal.wait_for("on copy-on-write btrfs")
        terminal.press("Escape")
        terminal.wait_until_gone("Take back")
    terminal.wait_for("1 item marked")
    terminal.press("g")
    terminal.wait_for(r"move[s]? from \w+ to \w+")
    terminal.press("g")
    terminal.wait_for(r"^ ?Run \d{8}-")


def test_an_honest_move_is_all_green_by_key_strokes(podferry: Podferry, pair: Pair) -> None:
    old, new = pair
    run_counter(old, "web", 8080, "--label", f"podferry.probe.count={COUNTS}")
    assert [count(old, 8080) for _ in range(3)] == [0, 1, 2]
    with opened(podferry, 2) as terminal:
        move_by_keys(terminal, "web", "c")
        terminal.wait_for("podferry accept", 120)
        terminal.press("V")
        matrix = terminal.wait_for(r"web .*✓.*as it was")
        assert "1 item: 1 as it was" in matrix
        assert not re.search(r"web .*!", matrix)
        terminal.press("Enter")
        terminal.wait_for("was on old")
        terminal.wait_for(r"log of web on new")
        terminal.press("Escape")
        terminal.wait_for("1 item: 1 as it was")
        terminal.press("r")
        terminal.wait_for(r"1 item: 1 as it was +\(just looked at\)")
        terminal.press("a")
        terminal.wait_for("delete the stopped copies on old")
        terminal.press("y")
        terminal.wait_for(r"web .*accepted")
    assert state(old, "web") == ""
    assert count(new, 8080) == 3


def test_one_that_exits_is_marked_and_has_gone_back_by_key_strokes(
    podferry: Podferry, pair: Pair
) -> None:
    old, new = pair
    for host in pair:
        host.ssh(f"echo {host.name} > /tmp/host")
    run_that_ends(old, "brief")
    with opened(podferry, 12) as terminal:
        move_by_keys(terminal, "brief", "c")
        terminal.wait_for("watch brief for 12 s", 60)
        terminal.wait_for(r"brief +checkpoint +\S rolled back", 120)
        terminal.press("V")
        terminal.wait_for(r"brief .*!.*rolled back")
        terminal.press("Enter")
        terminal.wait_for("it ended with exit code 7")
    assert state(new, "brief") == ""
    assert state(old, "brief") == "running"


def test_one_that_starts_anew_is_marked_and_has_gone_back_by_key_strokes(
    podferry: Podferry, pair: Pair
) -> None:
    old, new = pair
    a_counter_at_eleven(old)
    with opened(podferry, 2) as terminal:
        move_by_keys(terminal, "web", "e")
        terminal.wait_for(r"web +kube +\S rolled back", 120)
        terminal.press("V")
        terminal.wait_for(r"web .*!.*rolled back")
        terminal.press("Enter")
        terminal.wait_for("0 after 11: it has begun anew")
    assert state(old, "web") == "running"
    assert state(new, "web") == ""


def test_one_whose_file_differs_is_marked_by_key_strokes(podferry: Podferry, pair: Pair) -> None:
    old, new = pair
    run_counter(old, "web", 8080)
    old.ssh("podman exec web sh -c 'echo right > /etc/setting'")
    with opened(podferry, 8) as terminal:
        move_by_keys(terminal, "web", "c")
        terminal.wait_for("watch web for 8 s", 60)
        new.ssh(
            "podman exec web sh -c 'cd /etc; echo wrong > setting; touch -d 2020-01-01 setting'"
        )
        terminal.wait_for(r"web +checkpoint +\S rolled back", 120)
        terminal.press("V")
        terminal.wait_for(r"web .*!.*rolled back")
        terminal.press("Enter")
        terminal.wait_for("differs: etc/setting")
    assert old.ssh("podman exec web cat /etc/setting").stdout == "right\n"
