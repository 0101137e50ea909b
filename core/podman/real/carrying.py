"""Carrying images, networks and volumes to and from a host."""

from __future__ import annotations

import dataclasses

from core.errors import CommandFailed, NoSuchItem
from core.hosts.process import Direction
from core.podman import commands
from core.podman.model import Inspection, Thing
from core.podman.real import scripts
from core.podman.real.base import Base
from core.podman.streams import Incoming, Outgoing, Receipt


class Carrying(Base):
    """The part of Engine that carries over what an item needs."""

    async def save_image(self, image_id: str) -> Outgoing:
        """See Engine."""
        inspection = await self.inspect(Thing.IMAGE, image_id)
        if inspection is None:
            raise NoSuchItem("no such image", host=self.label, item=image_id)
        argv = commands.save_image(image_id)
        return await self._stream(scripts.SEND, *argv, direction=Direction.FROM, shown=argv)

    async def load_image(self, image_id: str, tags: tuple[str, ...]) -> Incoming:
        """See Engine."""

        async def verify(receipt: Receipt) -> Receipt:
            if await self.inspect(Thing.IMAGE, image_id) is None:
                raise CommandFailed(
                    f"the image arrived under another ID than {image_id[:12]}", host=self.label
                )
            for tag in tags:
                await self._run(commands.tag_image(image_id, tag))
            return dataclasses.replace(receipt, value=image_id)

        argv = commands.load_image()
        return await self._stream(
            scripts.TAKE, *argv, direction=Direction.TO, shown=argv, verify=verify
        )

    async def remove_image(self, image_id: str) -> None:
        """See Engine."""
        inspection = await self.inspect(Thing.IMAGE, image_id)
        if inspection is None:
            return
        # Podman takes a name away before it sees that a container uses the image (5.8.6).
        users = await self._look(("podman", "ps", "-aq", "--filter", f"ancestor={image_id}"))
        if users.stdout.strip():
            raise CommandFailed("the image is in use by a container", host=self.label)
        tags = inspection.get("RepoTags") or ()
        await self._run(("podman", "image", "rm", "--ignore", "--", *tags, image_id))

    async def create_network(self, inspection: Inspection) -> None:
        """See Engine."""
        await self._run(commands.create_network(inspection))

    async def remove_network(self, name: str) -> None:
        """See Engine."""
        if await self.inspect(Thing.NETWORK, name) is not None:
            await self._run(("podman", "network", "rm", name))

    async def create_volume(self, inspection: Inspection) -> None:
        """See Engine."""
        await self._run(commands.create_volume(inspection))

    async def remove_volume(self, name: str) -> None:
        """See Engine."""
        if await self.inspect(Thing.VOLUME, name) is not None:
            await self._run(("podman", "volume", "rm", name))

    async def tag_image(self, image_id: str, tag: str) -> None:
        """See Engine."""
        await self._run(commands.tag_image(image_id, tag))

    async def untag_image(self, tag: str) -> None:
        """See Engine."""
        if await self.inspect(Thing.IMAGE, tag) is not None:
            await self._run(commands.untag_image(tag))

    @property
    def _as_root(self) -> tuple[str, ...]:
        """What comes before a command that works on a volume's files.

        A rootless store's are owned by whom the containers see as root and others, and only in its
        user namespace can they be given to them.
        """
        return ("podman", "unshare") if self._facts.info.rootless else ()

    async def _mountpoint(self, volume: str) -> str:
        inspection = await self.inspect(Thing.VOLUME, volume)
        if inspection is None:
            raise NoSuchItem("no such volume", host=self.label, item=volume)
        return str(inspection["Mountpoint"])
