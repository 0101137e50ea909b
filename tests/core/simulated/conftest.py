"""Two small simulated hosts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from core.podman.options import CheckpointOptions
from core.podman.streams import Receipt
from core.simulated import ManualClock, Pace, SimulatedEngine, SimulatedHost
from core.simulated.making import make_container, make_host, make_image
from core.simulated.things import MIB, Spec
from tests.contract.copying import carry

TAG = "localhost/counter:latest"


@dataclass
class Two:
    """A source that runs `web`, and a target that has its image."""

    old: SimulatedEngine
    new: SimulatedEngine
    clock: ManualClock
    web: str
    """ID of the container `web`."""

    async def dump(self, archive: str = "podferry.1") -> tuple[Receipt, Receipt]:
        """Dump `web` into an archive on the target."""
        return await carry(
            await self.old.checkpoint(self.web, CheckpointOptions()),
            await self.new.receive_checkpoint(archive),
        )

    @property
    def source_runs(self) -> bool:
        """Whether `web` runs on the source."""
        return self.old.world.container("web").running


def spec_of(host: SimulatedHost) -> Spec:
    """How the counter is made."""
    return Spec(TAG, make_image(host, TAG).id)


@pytest.fixture
async def two() -> AsyncIterator[Two]:
    clock = ManualClock()
    hosts = make_host("old", clock=clock), make_host("new", clock=clock)
    for host in hosts:
        make_image(host, TAG)
    web = make_container(hosts[0], "web", spec_of(hosts[0]), memory_bytes=4 * MIB)
    pace = Pace(payload_scale=1 / 8)
    old, new = (SimulatedEngine(host, pace=pace) for host in hosts)
    await old.connect()
    await new.connect()
    yield Two(old, new, clock, web.id)
    await old.close()
    await new.close()
