"""Every cell of dump, stream, restore and commit on two real hosts, and SIGKILL at random."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.matrix import Fault, Step, Way
from tests.faults.real.cells import Cell, cells
from tests.faults.real.oracle import Item, Oracle
from tests.faults.real.snag import Snag, prepare
from tests.lab.driver import COMMAND, Moving, Podferry, lose_rule
from tests.lab.fixtures import Pair
from tests.lab.images import load_counter
from tests.lab.lab import Lab
from tests.lab.spec import HostSpec

NIGHTLY = os.environ.get("NIGHTLY") == "1"
RANDOM_KILLS = 100 if NIGHTLY else 15
BOOT = "podman start --all --filter restart-policy=always"
"""What podman-restart.service does."""


@pytest.fixture(scope="session")
def stage(lab: Lab) -> Pair:
    """Two hosts of the matrix's own, whose programs can be made to stumble."""
    hosts = Pair(*lab.start(HostSpec("from", size="3G"), HostSpec("to", size="3G")))
    for host in hosts:
        load_counter(host)
        prepare(host)
    return hosts


@pytest.fixture
def podferry(lab: Lab, tmp_path: Path) -> Podferry:
    return Podferry(tmp_path / "state", lab.ssh_config)


@pytest.fixture
def item(stage: Pair, request: pytest.FixtureRequest) -> Iterator[Item]:
    number = int.from_bytes(os.urandom(2)) % 20000
    item = Item(f"c{number}", 20000 + number)
    yield item
    for host in stage:
        if not host.alive:
            host.start()
        host.heal_network()
        host.ssh(
            f"rm -rf /run/snag /var/lib/containers/filler; podman rm -f -t0 {item.name} rival; "
            f"podman volume rm -f {item.name}; "
            "find /var/lib/containers/storage -xdev -name 'podferry*' -exec rm -rf {} +",
            check=False,
        )


def kill(podferry: Podferry) -> None:
    """SIGKILL every process of this Podferry, and of no other: its state folder tells."""
    mark = f"XDG_STATE_HOME={podferry.state}\0".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            line = (folder / "cmdline").read_bytes()
            if b"python" in line.split(b"\0")[0] and mark in (folder / "environ").read_bytes():
                os.kill(int(folder.name), signal.SIGKILL)


def strike(cell: Cell, podferry: Podferry, stage: Pair, item: Item, elsewhere: Podferry) -> None:
    """Do what goes wrong, while the call stands still."""
    match cell.fault:
        case Fault.KILLED:
            kill(podferry)
        case Fault.SOURCE_CUT:
            stage.old.cut_network()
        case Fault.TARGET_CUT | Fault.ANSWER_LOST:
            (stage.old if cell.spot[0] == "old" else stage.new).cut_network()
            if cell.fault is Fault.TARGET_CUT:
                stage.new.cut_network()
        case Fault.SOURCE_CRASHES:
            stage.old.crash()
        case Fault.TARGET_CRASHES:
            stage.new.crash()
        case Fault.TARGET_FULL:
            fill = "fallocate -l $(($(df --output=avail -B1 . | tail -n1) - 1000000)) filler"
            stage.new.ssh(
                f"cd /var/lib/containers && {fill}; dd if=/dev/zero of=filler "
                "oflag=append conv=notrunc bs=64k; sync",
                check=False,
            )
        case Fault.PORT_TAKEN:
            stage.new.ssh(f"podman run -d --name rival -p {item.port}:8088 localhost/counter")
        case Fault.SECOND:
            second = elsewhere.move(item.name, source="from", target="to")
            assert second.code != 0, second


def heal(stage: Pair) -> None:
    for host in stage:
        if host.alive:
            host.heal_network()
        else:
            host.start()
            host.ssh(BOOT, check=False)
        host.ssh("podman rm -f -t0 rival; rm -f /var/lib/containers/filler", check=False)


def begin(podferry: Podferry, item: Item) -> Moving:
    process = subprocess.Popen(
        [str(COMMAND), "move", "from", "to", item.name, "--json"],
        env=podferry.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    return Moving(process)


def settle(podferry: Podferry, way: Way, oracle: Oracle, *, cold: bool) -> list[str]:
    """What the operator does then, and what is wrong after it."""
    states = podferry("runs", "--json").last
    open_runs = [r for r in states["runs"] if r["state"] == "unfinished"]
    said = []
    if open_runs:
        said.append(podferry("resume", f"--{way}", "--json"))
    moved = [r for r in podferry("runs", "--json").last["runs"] if r["state"] == "moved"]
    if way is Way.BACK:
        if moved:
            said.append(podferry("rollback", moved[0]["id"], "--json"))
        wrongs = oracle.on_source(cold=cold)
    else:
        if not moved:
            said.append(podferry.move(oracle.item.name, source="from", target="to"))
        wrongs = oracle.moved(cold=cold)
        # Where the target was out of reach when it was to be compared, nobody has done so yet.
        said.append(podferry("verify", "last", "--json"))
        said.append(podferry("accept", "last", "--json", "--volumes", *["--unverified"] * cold))
        wrongs += oracle.accepted()
    return [*wrongs, *map(str, said)] if wrongs else []


@pytest.mark.timeout(240)
@pytest.mark.parametrize("cell", list(cells(both_ways=NIGHTLY)), ids=str)
def test_nothing_is_lost(
    cell: Cell, stage: Pair, podferry: Podferry, item: Item, lab: Lab, tmp_path: Path
) -> None:
    item.start(stage.old)
    oracle = Oracle(item, *stage)
    host, program, words, how = cell.spot
    snag = Snag(stage.old if host == "old" else stage.new, program, words, how)
    moving = begin(podferry, item)
    try:
        snag.wait()
        if cell.step is Step.RESTORE and how != "after":
            moving.wait_for_step("restore")
        strike(cell, podferry, stage, item, Podferry(tmp_path / "elsewhere", lab.ssh_config))
        snag.go()
        if cell.fault is Fault.PORT_TAKEN:
            # It is taken for as long as anything is restored there.
            moving.process.wait(200)
        heal(stage)
        moving.process.wait(200)
    finally:
        kill(podferry)
    crashes = (Fault.SOURCE_CRASHES, Fault.TARGET_CRASHES)
    wrongs = settle(podferry, cell.way, oracle, cold=cell.fault in crashes)
    assert not wrongs, "\n".join([*wrongs, *map(str, moving.end().lines)])


@pytest.mark.timeout(240)
def test_a_port_whose_rule_is_lost_leads_there_again(
    stage: Pair, podferry: Podferry, item: Item
) -> None:
    item.start(stage.old)
    oracle = Oracle(item, *stage)
    snag = Snag(stage.new, "podman", "container restore", "after")
    moving = begin(podferry, item)
    try:
        snag.wait()
        lose_rule(stage.new, item.port)
        snag.go()
        told = moving.end()
    finally:
        kill(podferry)
    assert told.code == 0, told
    assert any(f"{item.port}→8088 led nowhere" in str(e.get("text")) for e in told.lines), told
    assert oracle.moved(cold=False) == []


@pytest.mark.timeout(240)
@pytest.mark.parametrize("number", range(RANDOM_KILLS))
def test_killed_at_a_random_moment(
    number: int, stage: Pair, podferry: Podferry, item: Item
) -> None:
    item.start(stage.old)
    oracle = Oracle(item, *stage)
    moving = begin(podferry, item)
    moving.wait_for(lambda event: event["event"] == "started")
    # Not a wait for something: the moment is the test.
    time.sleep(random.Random(number).uniform(0, 2.5))  # noqa: S311
    kill(podferry)
    moving.process.wait(60)
    way = list(Way)[number % 2]
    assert settle(podferry, way, oracle, cold=False) == []
