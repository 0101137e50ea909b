"""The pair of hosts that each test of the contract runs on: simulated, and the lab's real ones."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from core.hosts.ssh import CONFIG_VARIABLE
from core.podman.real.reach import reach
from core.simulated import SimulatedEngine
from core.simulated.making import make_host, make_image
from tests.contract.sides import RealSide, Side, SimulatedSide
from tests.lab.fixtures import TIMEOUT_SECONDS, Pair
from tests.lab.images import COUNTER
from tests.lab.lab import Lab

REAL = pytest.param(
    "real", marks=(pytest.mark.lab, pytest.mark.timeout(TIMEOUT_SECONDS)), id="real"
)


class Sides(NamedTuple):
    """Source and target."""

    old: Side
    new: Side


@pytest.fixture(params=["simulated", REAL])
def implementation(request: pytest.FixtureRequest) -> str:
    """Which engine is under test."""
    return str(request.param)


@pytest.fixture
def unconnected(
    implementation: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Sides:
    """Two hosts that have the counter's image and nothing else."""
    if implementation == "simulated":
        return Sides(_simulated("old"), _simulated("new"))
    lab: Lab = request.getfixturevalue("lab")
    pair: Pair = request.getfixturevalue("pair")
    monkeypatch.setenv(CONFIG_VARIABLE, str(lab.ssh_config))
    return Sides(*(RealSide(reach(host.name), host) for host in pair))


def _simulated(label: str) -> SimulatedSide:
    host = make_host(label)
    make_image(host, COUNTER, command=("/bin/counter",))
    return SimulatedSide(SimulatedEngine(host))


@pytest.fixture
async def old(unconnected: Sides) -> AsyncIterator[Side]:
    """The source, connected; a test that asks for it alone does not wait for the target."""
    async with connected(unconnected.old) as side:
        yield side


@pytest.fixture
async def new(unconnected: Sides) -> AsyncIterator[Side]:
    """The target, connected."""
    async with connected(unconnected.new) as side:
        yield side


@asynccontextmanager
async def connected(side: Side) -> AsyncIterator[Side]:
    """A side whose engine is connected meanwhile."""
    await side.engine.connect()
    yield side
    await side.engine.close()


@pytest.fixture
def sides(old: Side, new: Side) -> Sides:
    """The two hosts, connected."""
    return Sides(old, new)


@pytest.fixture
async def note(sides: Sides) -> AsyncIterator[str]:
    """Name of what is noted of a volume, which is gone from both hosts afterwards."""
    name = f"podferry.{secrets.token_hex(8)}"
    yield name
    for side in sides:
        await side.engine.discard(name)


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fixes are written down where these tests may."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
