"""Containers sleep over a crash of their host, and wake as they were."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.migrate.keep.unit import FILES
from core.podman.real.reach import reach
from tests.lab.driver import IMAGE, Podferry, count, inspect, peek, run_counter, state
from tests.lab.fixtures import Pair
from tests.lab.host import LabHost
from tests.lab.lab import Lab

BOOK = "/var/lib/containers/storage/podferry-hibernate"


@pytest.fixture
def podferry(lab: Lab, tmp_path: Path) -> Podferry:
    return Podferry(tmp_path, lab.ssh_config)


@pytest.fixture
def old(pair: Pair) -> Iterator[LabHost]:
    yield pair.old
    pair.old.ssh(f"rm -rf {BOOK}")


def outcomes(told: dict[str, object]) -> dict[str, str]:
    containers = told["containers"]
    assert isinstance(containers, list)
    return {c["container"]: c["outcome"] for c in containers}


def make_ten(host: LabHost) -> dict[str, int]:
    """Ten containers that need each other in all ways, and the ports of those that have one."""
    ports = {f"one-{n}": 8080 + n for n in range(5)}
    run_counter(host, "one-0", 8080, "--restart", "always", "-v", "rows:/data")
    run_counter(host, "one-1", 8081, "--requires", "one-0", memory_mib=32)
    for n in range(2, 5):
        run_counter(host, f"one-{n}", 8080 + n)
    host.ssh(
        f"""set -e
        podman run -d --name aside --network container:one-0 -e PORT=9001 {IMAGE}
        podman pod create --name shop -p 8090:8088
        podman run -d --pod shop --name shop-app --restart always {IMAGE}
        for n in 1 2 3; do
          podman run -d --pod shop --name shop-$n -e PORT=900$n {IMAGE}
        done
        podman exec one-0 sh -c 'echo rows >/data/rows; echo changed >/etc/changed'
        podman exec one-0 sh -c 'echo shared >/dev/shm/shared; mkdir -p /run/x; echo r >/run/x/y'
        """
    )
    return {**ports, "shop-app": 8090}


def test_all_ten_count_on_after_a_crash(podferry: Podferry, old: LabHost) -> None:
    ports = make_ten(old)
    for port in ports.values():
        assert [count(old, port), count(old, port)] == [0, 1]

    slept = podferry("hibernate", "old", "--all", "--json")
    assert slept.code == 0, slept
    assert set(outcomes(slept.last).values()) == {"asleep"}
    assert len(outcomes(slept.last)) == 10
    assert old.ssh(f"stat -c %a {BOOK}").stdout == "700\n"

    old.restart()
    # What Podman's own restart service would do at boot.
    old.ssh("podman start --all --filter restart-policy=always")
    assert {state(old, name) for name in outcomes(slept.last)} == {"exited"}

    woken = podferry("wake", "old", "--json")
    assert woken.code == 0, woken.text
    assert outcomes(woken.last) == dict.fromkeys(outcomes(slept.last), "awake")
    assert {c["detail"] for c in woken.last["containers"]} == {""}
    for port in ports.values():
        assert count(old, port) == 2
    for name in ("one-0", "shop-app"):
        assert inspect(old, name)["HostConfig"]["RestartPolicy"]["Name"] == "always"
    seen = "cat /data/rows /etc/changed /dev/shm/shared /run/x/y"
    told = old.ssh(["podman", "exec", "one-0", "sh", "-c", seen]).stdout
    assert told.split() == ["rows", "changed", "shared", "r"]
    assert old.ssh(f"ls -d {BOOK}", check=False).stdout == ""

    again = podferry("wake", "old", "--json")
    assert again.last["containers"] == []


def test_what_has_run_since_is_not_taken_back_to_its_old_memory(
    podferry: Podferry, old: LabHost
) -> None:
    run_counter(old, "web", 8080, "--restart", "always")
    assert [count(old, 8080), count(old, 8080)] == [0, 1]
    assert podferry("hibernate", "old", "web", "--json").code == 0
    old.ssh("podman start web && podman stop -t0 web")

    woken = podferry("wake", "old", "--json")
    assert woken.code == 1
    assert outcomes(woken.last) == {"web": "failed"}
    assert "has run since" in woken.last["containers"][0]["detail"]
    assert state(old, "web") == "exited"

    cold = podferry("wake", "old", "--cold", "--json")
    assert cold.code == 0
    assert outcomes(cold.last) == {"web": "afresh"}
    assert count(old, 8080) == 0
    assert inspect(old, "web")["HostConfig"]["RestartPolicy"]["Name"] == "always"
    folder = inspect(old, "web")["StaticDir"]
    assert old.ssh(f"ls {folder}/checkpoint", check=False).returncode != 0


async def test_one_that_another_podferry_works_on_is_left_alone(
    podferry: Podferry, old: LabHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_counter(old, "web", 8080)
    monkeypatch.setenv("PODFERRY_SSH_CONFIG", str(podferry.ssh_config))
    engine = reach("old")
    await engine.connect()
    try:
        async with engine.claim(inspect(old, "web")["Id"], "20260131-235959-3fa9"):
            told = await asyncio.to_thread(podferry, "hibernate", "old", "web", "--json")
    finally:
        await engine.close()
    assert told.code == 1
    assert "another podferry is working on it" in told.last["containers"][0]["detail"]
    assert peek(old, 8080) == 0


def test_it_wakes_under_another_address_if_its_own_was_taken(
    podferry: Podferry, old: LabHost
) -> None:
    run_counter(old, "web", 8080)
    assert [count(old, 8080), count(old, 8080)] == [0, 1]
    address = inspect(old, "web")["NetworkSettings"]["Networks"]["podman"]["IPAddress"]
    assert podferry("hibernate", "old", "web", "--json").code == 0
    old.ssh(["podman", "run", "-d", "--name", "thief", "--ip", address, IMAGE])

    woken = podferry("wake", "old", "--json")
    assert outcomes(woken.last) == {"web": "awake"}
    assert "has another one" in woken.last["containers"][0]["detail"]
    assert count(old, 8080) == 2


def test_what_cannot_be_checkpointed_runs_on(podferry: Podferry, old: LabHost) -> None:
    run_counter(old, "web", 8080, "--restart", "always")
    run_counter(old, "owned", 8081, "--label", "PODMAN_SYSTEMD_UNIT=owned.service")
    assert count(old, 8080) == 0
    old.ssh("mkdir -p /etc/criu && cp -a /etc/criu /root/criu")
    old.ssh("echo no-such-option >>/etc/criu/crun.conf")
    try:
        told = podferry("hibernate", "old", "--all", "--json")
    finally:
        old.ssh("rm -rf /etc/criu && mv /root/criu /etc/criu")
    assert told.code == 1
    assert outcomes(told.last) == {"web": "failed", "owned": "failed"}
    assert count(old, 8080) == 1
    assert peek(old, 8081) == 0
    assert inspect(old, "web")["HostConfig"]["RestartPolicy"]["Name"] == "always"
    assert podferry("wake", "old", "--json").last["containers"] == []


def test_the_unit_s_script_needs_no_podferry(old: LabHost) -> None:
    run_counter(old, "web", 8080)
    assert count(old, 8080) == 0
    program = FILES[0]
    old.ssh(f"install -D -m {program.mode} /dev/stdin {program.path}", data=program.text.encode())
    assert "asleep" in old.ssh(f"{program.path} sleep").stdout
    old.restart()
    assert "awake" in old.ssh(f"{program.path} wake").stdout
    assert count(old, 8080) == 1
