"""Carrying volumes to and from a host."""

from __future__ import annotations

from core.hosts.process import Direction
from core.podman import commands
from core.podman.real import scripts, volumes
from core.podman.real.carrying import Carrying
from core.podman.streams import Incoming, Outgoing


class Passes(Carrying):
    """The part of Engine that carries volumes."""

    async def first_pass(self, volume: str, note: str) -> Outgoing:
        """See Engine."""
        mountpoint = await self._mountpoint(volume)
        argv = commands.export_volume(mountpoint)
        return await self._stream(
            *(scripts.SEND, *self._as_root, "sh", "-c", volumes.FIRST_PASS, "podferry", mountpoint),
            *(self._place(note), *argv),
            direction=Direction.FROM,
            shown=argv,
        )

    async def last_pass(self, volume: str, note: str) -> Outgoing:
        """See Engine."""
        mountpoint = await self._mountpoint(volume)
        return await self._stream(
            *(scripts.SEND, *self._as_root, "sh", "-c", volumes.LAST_PASS, "podferry", mountpoint),
            self._place(note),
            direction=Direction.FROM,
            shown=commands.export_volume(mountpoint),
        )

    async def take_first_pass(self, volume: str) -> Incoming:
        """See Engine."""
        argv = commands.import_volume(await self._mountpoint(volume))
        return await self._stream(
            scripts.TAKE, *self._as_root, *argv, direction=Direction.TO, shown=argv
        )

    async def take_last_pass(self, volume: str, note: str) -> Incoming:
        """See Engine."""
        mountpoint = await self._mountpoint(volume)
        return await self._stream(
            *(
                scripts.TAKE,
                *self._as_root,
                "sh",
                "-c",
                volumes.TAKE_CHANGES,
                "podferry",
                mountpoint,
            ),
            self._place(note),
            direction=Direction.TO,
            shown=commands.import_volume(mountpoint),
        )
