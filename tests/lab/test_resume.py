"""Podferry is killed in the midst of a run, and what it left is brought to an end."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.lab.driver import Podferry, count, holdings, inspect, peek, run_counter, state
from tests.lab.fixtures import Pair
from tests.lab.host import LabHost
from tests.lab.lab import Lab

BIG_MIB = 512


@pytest.fixture
def podferry(lab: Lab, tmp_path: Path) -> Podferry:
    return Podferry(tmp_path, lab.ssh_config)


def killed_in_mid_stream(podferry: Podferry, old: LabHost, *flags: str) -> None:
    run_counter(old, "web", 8080, *flags, memory_mib=BIG_MIB)
    assert [count(old, 8080) for _ in range(3)] == [0, 1, 2]
    with podferry.moving("web") as moving:
        moving.wait_for_bytes(64 * 2**20)
        podferry.kill_runners()


def killed_in_the_restore(podferry: Podferry, new: LabHost) -> None:
    """The host has begun to restore, and nobody waits for it any more."""
    with podferry.moving("web") as moving:
        moving.wait_for_step("restore")
        begun = "test -f /var/lib/containers/storage/podferry.*/rest.tar"
        until(lambda: new.ssh(begun, check=False).returncode == 0)
        podferry.kill_runners()


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline


def nothing_is_left(host: LabHost, before: Mapping[str, list[str]]) -> None:
    assert holdings(host) == before
    script = "ls -d /var/lib/containers/storage/podferry*; ls -d /tmp/tmp.*"
    assert host.ssh(script, check=False).stdout == ""


def source_is_tidy(host: LabHost, *, keeps_checkpoint: bool = False) -> None:
    found = host.ssh("find /var/lib/containers/storage -name 'podferry*'").stdout.split()
    assert [Path(path).name for path in found] == ["podferry-pages"] * keeps_checkpoint


def test_killed_in_mid_stream_and_taken_back(podferry: Podferry, pair: Pair) -> None:
    old, new = pair
    before = holdings(new)
    killed_in_mid_stream(podferry, old, "--restart=always")
    refused = podferry.move("web")
    assert refused.code == 3, refused
    assert "podferry resume" in refused.item["reason"]

    told = podferry("resume", "--json")

    assert told.code == 0, told
    assert (told.item["outcome"], told.item["runs_on"]) == ("rolled_back", "old")
    assert count(old, 8080) == 3
    assert inspect(old, "web")["HostConfig"]["RestartPolicy"]["Name"] == "always"
    nothing_is_left(new, before)
    source_is_tidy(old)
    again = podferry("resume", "--json")
    assert again.code == 2, again
    assert "no run is unfinished" in again.errors
    assert podferry.move("web").code == 0
    assert count(new, 8080) == 4


def test_killed_in_mid_stream_and_moved_again(podferry: Podferry, pair: Pair) -> None:
    old, new = pair
    killed_in_mid_stream(podferry, old)

    told = podferry("resume", "--forward", "--json")

    assert told.code == 0, told
    assert (told.item["outcome"], told.item["runs_on"]) == ("moved", "new")
    assert count(new, 8080) == 3
    assert state(old, "web") == "exited"
    assert podferry("rollback", told.item["run"], "--json").code == 0
    # It moved back live, with what it has counted there.
    assert count(old, 8080) == 4


def test_killed_while_the_target_restores(podferry: Podferry, pair: Pair) -> None:
    """The host restores to its end, and resuming finds that, and what was still to do."""
    old, new = pair
    run_counter(old, "web", 8080, "--restart=always", memory_mib=BIG_MIB)
    assert count(old, 8080) == 0
    killed_in_the_restore(podferry, new)

    told = podferry("resume", "--json")

    assert told.code == 0, told
    assert (told.item["outcome"], told.item["runs_on"]) == ("moved", "new")
    assert count(new, 8080) == 1
    assert state(old, "web") == "exited"
    assert inspect(new, "web")["HostConfig"]["RestartPolicy"]["Name"] == "always"
    source_is_tidy(old, keeps_checkpoint=True)
    assert new.ssh("ls -d /var/lib/containers/storage/podferry*", check=False).stdout == ""
    assert podferry("accept", "last", "--json").code == 0


def test_a_pod_killed_between_its_dumps(podferry: Podferry, pair: Pair) -> None:
    old, new = pair
    before = holdings(new)
    old.ssh("podman pod create --name shop -p 8080:8088 -p 8081:8089")
    image = "localhost/counter:latest"
    old.ssh(f"podman run -d --pod shop --name a -e MEMORY_MIB=64 {image}")
    old.ssh(f"podman run -d --pod shop --name b -e PORT=8089 -e MEMORY_MIB=256 {image}")
    assert [count(old, 8080) for _ in range(2)] == [0, 1]
    with podferry.moving("shop") as moving:
        moving.wait_for_step("dump b")
        podferry.kill_runners()

    told = podferry("resume", "--json")

    assert told.code == 0, told
    assert told.item["runs_on"] == "old"
    assert count(old, 8080) == 2
    nothing_is_left(new, before)
    source_is_tidy(old)


def test_somebody_started_the_source_meanwhile(podferry: Podferry, pair: Pair) -> None:
    old, new = pair
    run_counter(old, "web", 8080, memory_mib=64)
    assert count(old, 8080) == 0
    killed_in_the_restore(podferry, new)
    until(lambda: state(new, "web") == "running")
    old.ssh("podman start web")

    told = podferry("resume", "--json")
    assert told.code == 1, told
    assert "runs on old and on new" in told.item["reason"]
    assert (state(old, "web"), state(new, "web")) == ("running", "running")

    # The operator decides; the old checkpoint must not come back over what ran since.
    old.ssh("podman stop web")
    back = podferry("resume", "--back", "--json")
    assert back.code == 0, back
    assert "checkpoint is from before" in back.item["reason"]
    assert peek(old, 8080) == 0
    assert state(new, "web") == ""
    source_is_tidy(old)


def test_another_host_under_the_same_name(podferry: Podferry, pair: Pair, tmp_path: Path) -> None:
    old, new = pair
    killed_in_mid_stream(podferry, old)
    config = tmp_path / "ssh_config"
    text = Path(podferry.ssh_config).read_text()
    config.write_text(text.replace(old.ip, "?").replace(new.ip, old.ip).replace("?", new.ip))
    strange = Podferry(tmp_path, config)

    told = strange("resume", "--json")

    assert told.code == 2, told
    assert "is not the host that run" in told.errors
    assert podferry("resume", "--json").code == 0
    assert count(old, 8080) == 3


def test_the_target_is_out_of_reach_for_a_minute(podferry: Podferry, pair: Pair) -> None:
    old, new = pair
    before = holdings(new)
    run_counter(old, "web", 8080, memory_mib=BIG_MIB)
    assert count(old, 8080) == 0
    with podferry.moving("web") as moving:
        moving.wait_for_bytes(64 * 2**20)
        new.cut_network()
        try:
            time.sleep(60)  # The fault itself, not a wait for something.
        finally:
            new.heal_network()
        moved = moving.end()
    assert moved.code == 1, moved
    if moved.item["outcome"] == "failed":
        assert podferry("resume", "--json").code == 0
    assert count(old, 8080) == 1
    nothing_is_left(new, before)
    source_is_tidy(old)


@pytest.mark.parametrize("wish, outcome", [("", "moved"), ("--back", "rolled_back")])
def test_a_run_whose_process_lives_is_followed_to_its_end(
    podferry: Podferry, pair: Pair, wish: str, outcome: str
) -> None:
    old, new = pair
    run_counter(old, "web", 8080, memory_mib=512)
    assert count(old, 8080) == 0
    with podferry.moving("web") as moving:
        moving.wait_for_bytes(2**20)
        moving.process.kill()
        told = podferry("resume", *filter(None, [wish]), "--json")
    on = new if outcome == "moved" else old
    assert told.code == 0, told
    assert (told.last["event"], told.item["outcome"]) == ("resume", outcome)
    assert told.item["runs_on"] == on.name
    assert count(on, 8080) == 1
