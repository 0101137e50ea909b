"""What real hosts tell of containers' processes, memory and sockets, as evidence."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.hosts.ssh import CONFIG_VARIABLE
from core.podman.real.engine import RealEngine
from core.podman.real.reach import reach
from core.podman.traces import Traces
from tests.lab.driver import IMAGE, Podferry, count, inspect, run_counter
from tests.lab.fixtures import Pair
from tests.lab.lab import Lab

SEVERAL = "PORT=9001 counter & (PORT=9002 counter & PORT=9003 exec counter) & exec counter"
FLAGS = "-p 8080:8088 -p 9001:9001 -p 9002:9002 -p 9003:9003"


@pytest.fixture
async def engines(
    lab: Lab, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[RealEngine, RealEngine]]:
    monkeypatch.setenv(CONFIG_VARIABLE, str(lab.ssh_config))
    old, new = (reach(host.name) for host in pair)
    for engine in (old, new):
        await engine.connect()
    yield old, new
    for engine in (old, new):
        await engine.close()


async def traces(engine: RealEngine, *names: str) -> dict[str, Traces]:
    """What is told of containers, by name."""
    idents = {name: str((await engine._container(name))["Id"]) for name in names}
    told = await engine.traces(idents.values())
    assert set(told) == set(idents.values())
    return {name: told[ident] for name, ident in idents.items()}


def ports(told: Traces) -> set[int]:
    return {int(address.rpartition(":")[2]) for address in told.listening}


async def test_each_container_has_the_sockets_of_its_own_processes(
    pair: Pair, engines: tuple[RealEngine, RealEngine]
) -> None:
    """Whether it has a network of its own, one that it shares with its pod, or the host's."""
    old = pair.old
    run_counter(old, "web", 8080, memory_mib=8)
    old.ssh("podman pod create --name shop -p 8091:9101 -p 8092:9102")
    for port in (9101, 9102):
        made = f"--name shop-{port} --pod shop -e PORT={port}"
        old.ssh(f"podman run -d {made} {IMAGE}")
    old.ssh(f"podman run -d --name hosts --network host -e PORT=9103 {IMAGE}")
    old.ssh(f"podman run -d --name idle --network none {IMAGE} sleep 1000")
    for port in (8091, 8092, 9103):
        count(old, port)

    told = await traces(engines[0], "web", "shop-9101", "shop-9102", "hosts", "idle")

    assert {name: ports(seen) for name, seen in told.items()} == {
        "web": {8088},
        "shop-9101": {9101},
        "shop-9102": {9102},
        "hosts": {9103},
        "idle": set(),
    }
    for seen in told.values():
        (process,) = seen.processes
        assert process.name == ("sleep" if seen is told["idle"] else "counter")
        assert 0 <= process.age_s < 300
    assert told["web"].memory_bytes > 8 * 2**20 > told["hosts"].memory_bytes > 0
    inside = await engines[0].inside()
    assert {held.listening for held in inside.values()} == {
        seen.listening for seen in told.values()
    }


async def test_what_criu_restored_outside_of_its_cgroup_is_told(
    lab: Lab, pair: Pair, engines: tuple[RealEngine, RealEngine], tmp_path: Path
) -> None:
    """CRIU, told to leave cgroups alone, restores but the first process into the container's."""
    pair.old.ssh(f"podman run -d --name web {FLAGS} {IMAGE} sh -c {shlex.quote(SEVERAL)}")
    for port in (8080, 9001, 9002, 9003):
        count(pair.old, port)
    (before,) = (await traces(engines[0], "web")).values()
    assert ports(before) == {8088, 9001, 9002, 9003}

    moved = await asyncio.to_thread(Podferry(tmp_path, lab.ssh_config).move, "web")
    assert moved.code == 0, moved

    (after,) = (await traces(engines[1], "web")).values()
    assert after.listening == before.listening
    assert sorted(p.argv for p in after.processes) == sorted(p.argv for p in before.processes)
    assert len(after.processes) == 4
    assert after.memory_bytes > 0


async def test_names_that_pass_for_what_is_told_deceive_nobody(
    pair: Pair, engines: tuple[RealEngine, RealEngine]
) -> None:
    """A program names its files and its arguments as it likes."""
    old = pair.old
    run_counter(old, "web", 8080)
    pid = inspect(old, "web")["State"]["Pid"]
    sockets = old.ssh(f"readlink /proc/{pid}/fd/* | grep ^socket:").stdout.split()
    namespace = old.ssh(f"readlink /proc/{pid}/ns/net").stdout.strip()
    opened = [f"/tmp/x 9 -> {name}" for name in sockets]
    opened.append(f"/tmp/x {pid}/ns/net -> {namespace}")
    files = "; ".join(
        f"mkdir -p {shlex.quote(path.rpartition('/')[0])}; exec {n}>{shlex.quote(path)}"
        for n, path in enumerate(opened, 3)
    )
    argument = f"\n@@held\n1/socket:1\n\n@@cgroup\n1/cgroup:libpod-{'a' * 64}:1\n"
    program = f"{files}; touch /ready; while :; do sleep 1000; done"
    old.ssh(["podman", "run", "-d", "--name", "evil", IMAGE, "sh", "-c", program, argument])
    old.ssh("podman exec evil sh -c 'until [ -e /ready ]; do :; done'")

    told = await traces(engines[0], "web", "evil")

    assert ports(told["web"]) == {8088}
    assert told["evil"].listening == ()
    assert argument in [p for seen in told["evil"].processes for p in seen.argv]
