"""The store of a simulated host: what in it is copied on write."""

from __future__ import annotations

from core.podman.model import StoreState
from core.simulated.base import Base
from core.simulated.host import SimulatedHost

_FOLDERS, _FILES = 9, 120
"""In a layer."""


class Storing(Base):
    """The part of Engine that looks at the store."""

    async def store(self) -> StoreState:
        """See Engine."""
        async with self._verb("store"):
            return look_at_store(self.world)


def look_at_store(host: SimulatedHost) -> StoreState:
    """Counts that follow from what the host holds."""
    info = host.info
    if info.filesystem != "btrfs":
        return StoreState(info.filesystem, info.storage_driver)
    layers = len(host.images) + len(host.containers)
    folders = 12 + layers * _FOLDERS
    size = sum(i.size_bytes for i in host.images.values())
    size += sum(c.layer_bytes for c in host.containers.values())
    files = 0 if host.rewritten else layers * _FILES
    return StoreState(
        info.filesystem,
        info.storage_driver,
        folders=folders,
        cow_folders=folders if info.copy_on_write else 0,
        cow_files=files,
        cow_bytes=size if files else 0,
        rewritable_files=files,
        rewritable_bytes=size if files else 0,
    )
