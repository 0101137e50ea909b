"""Looking at a simulated host."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping

from core.errors import HostUnreachable, NoSuchItem
from core.podman.model import (
    Change,
    Details,
    Estate,
    HostInfo,
    Inside,
    Inspection,
    Inventory,
    PathKind,
    Thing,
    Usage,
)
from core.simulated import inspection
from core.simulated.base import Base
from core.simulated.commanding import COUNTS
from core.simulated.listing import list_estate, list_inside, list_inventory, list_processes
from core.simulated.probing import hit


class Observing(Base):
    """The part of Engine that looks."""

    async def connect(self) -> HostInfo:
        """See Engine."""
        async with self._verb("connect"):
            self._known = self._linked = True
        return self.world.info

    async def close(self) -> None:
        """See Engine."""
        self.faults.break_off()

    async def warm(self, streams: int) -> None:
        """See Engine."""
        async with self._verb("warm", str(streams)):
            return

    async def estate(self) -> Estate:
        """See Engine."""
        async with self._verb("estate"):
            return list_estate(self.world)

    async def usage(self) -> Mapping[str, Usage]:
        """See Engine."""
        async with self._verb("usage"):
            return {
                c.id: Usage(c.memory.size_bytes, int(c.id[:2], 16) / 64)
                for c in self.world.containers.values()
                if c.running
            }

    def changes(self) -> AsyncIterator[Change]:
        """See Engine."""
        return self._changes(self.world.listen())

    async def _changes(self, queue: asyncio.Queue[Change | None]) -> AsyncIterator[Change]:
        def end() -> None:
            queue.put_nowait(None)

        self._require_link(connecting=False)
        self.faults.on_cut.add(end)
        try:
            while (change := await queue.get()) is not None:
                yield change
            raise HostUnreachable("the stream of Podman's events ended", host=self.label)
        finally:
            self.faults.on_cut.discard(end)

    async def details(self, container_id: str, log_lines: int = 20) -> Details:
        """See Engine."""
        async with self._verb("details", container_id):
            found = self.world.find_container(container_id)
            if found is None:
                raise NoSuchItem("no such container any more", host=self.label, item=container_id)
            if found.running and found.spec.command == COUNTS:
                found.log.append(f"{hit(self.world, found.id):010d}")
            return Details(
                inspection=inspection.inspect_container(self.world, found),
                processes=list_processes(self.world, found),
                log_tail=tuple(found.log[-log_lines:]),
            )

    async def inspect(self, thing: Thing, name: str) -> Inspection | None:
        """See Engine."""
        async with self._verb("inspect", name):
            return self._inspect(thing, name)

    def _inspect(self, thing: Thing, name: str) -> Inspection | None:
        world = self.world
        match thing:
            case Thing.CONTAINER:
                container = world.find_container(name)
                return inspection.inspect_container(world, container) if container else None
            case Thing.POD:
                pod = world.find_pod(name)
                return inspection.inspect_pod(world, pod) if pod else None
            case Thing.IMAGE:
                image = world.find_image(name)
                return inspection.inspect_image(image) if image else None
            case Thing.NETWORK:
                network = world.networks.get(name)
                return inspection.inspect_network(network) if network else None
            case Thing.VOLUME:
                volume = world.volumes.get(name)
                return inspection.inspect_volume(world, volume) if volume else None

    async def inspect_all(self, thing: Thing, names: Collection[str]) -> Mapping[str, Inspection]:
        """See Engine."""
        async with self._verb("inspect_all", thing.value):
            found = {name: self._inspect(thing, name) for name in names}
            return {name: seen for name, seen in found.items() if seen is not None}

    async def inside(self, ids: Collection[str] | None = None) -> Mapping[str, Inside]:
        """See Engine."""
        async with self._verb("inside"):
            running = (c for c in self.world.containers.values() if c.running)
            return {c.id: list_inside(self.world, c) for c in running if ids is None or c.id in ids}

    async def inventory(self) -> Inventory:
        """See Engine."""
        async with self._verb("inventory"):
            return list_inventory(self.world)

    async def volume_users(self, names: Collection[str]) -> frozenset[str]:
        """See Engine."""
        async with self._verb("volume_users"):
            return frozenset(c.id for name in names for c in self.world.volume_users(name))

    async def path_kinds(self, paths: frozenset[str]) -> Mapping[str, PathKind]:
        """See Engine; simulated hosts have folders only."""
        async with self._verb("path_kinds"):
            return dict.fromkeys(paths & self.world.paths, PathKind.FOLDER)

    async def changed_files(self, container_id: str) -> frozenset[str]:
        """See Engine."""
        async with self._verb("changed_files", container_id):
            found = self.world.find_container(container_id)
            return frozenset(found.files if found else ())
