"""Looking at a host's store: what in it is copied on write."""

from __future__ import annotations

from core.errors import CommandFailed
from core.podman import nodatacow
from core.podman.model import StoreState
from core.podman.real.base import ACT_S, Base


class Storing(Base):
    """The part of Engine that looks at the store."""

    async def store(self) -> StoreState:
        """See Engine."""
        info = self.info
        state = StoreState(info.filesystem, info.storage_driver)
        if info.filesystem != "btrfs":
            return state
        script = ("sh", "-c", nodatacow.LOOK, "podferry", info.graph_root)
        done = await self.transport.run(self._wrapped(script, ACT_S), deadline_s=ACT_S + 10)
        numbers = [int(word) for word in done.stdout.split() if word.isdigit()]
        if done.exit_code != 0 or len(numbers) != 7:
            raise CommandFailed(
                "the store could not be looked at", host=self.label, detail=done.stderr[-1000:]
            )
        return StoreState(info.filesystem, info.storage_driver, *numbers)
