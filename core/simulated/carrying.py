"""Carrying images, networks and volumes to and from a simulated host."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator

from core.errors import NoSuchItem
from core.podman import commands
from core.podman.model import Inspection
from core.podman.streams import Incoming, Outgoing
from core.simulated.base import Base
from core.simulated.host import Refusal
from core.simulated.pipes import Members
from core.simulated.tarstream import Blob, tar_chunks
from core.simulated.things import SimImage, SimNetwork, SimVolume

_MANIFEST = "manifest.json"


class Carrying(Base):
    """The part of Engine that carries over what an item needs."""

    async def save_image(self, image_id: str) -> Outgoing:
        """See Engine."""
        action = await self._enter("save_image", image_id)
        image = self.world.find_image(image_id)
        if image is None:
            raise NoSuchItem("no such image", host=self.label, item=image_id)
        return self._send(commands.save_image(image_id), action, self._image_chunks(image))

    def _image_chunks(self, image: SimImage) -> Iterator[bytes]:
        config = {
            "id": image.id,
            "size": image.size_bytes,
            "created": image.created_s,
            "command": image.command,
            "env": dict(image.env),
        }
        manifest = [{"Config": f"{image.id}.json", "RepoTags": image.tags}]
        layer = Blob(self.pace.payload_bytes(image.size_bytes), image.id)
        return tar_chunks(
            (
                ("layer.tar", layer),
                (f"{image.id}.json", json.dumps(config).encode()),
                (_MANIFEST, json.dumps(manifest).encode()),
            ),
            seal=True,
        )

    async def tag_image(self, image_id: str, tag: str) -> None:
        """See Engine."""
        async with self._verb("tag_image", image_id, commands.tag_image(image_id, tag)):
            image = self.world.find_image(image_id)
            if image is None:
                raise Refusal(f"Error: {image_id}: image not known")
            self.world.images[image.id] = dataclasses.replace(image, tags=(*image.tags, tag))

    async def untag_image(self, tag: str) -> None:
        """See Engine."""
        async with self._verb("untag_image", tag, commands.untag_image(tag)):
            for image in self.world.images.values():
                image.tags = tuple(name for name in image.tags if name != tag)

    async def load_image(self, image_id: str, tags: tuple[str, ...]) -> Incoming:
        """See Engine."""
        action = await self._enter("load_image", image_id)

        def take(members: Members, broken: str) -> str:
            if broken:
                raise Refusal(
                    f"Error: payload does not match any of the supported formats: {broken}"
                )
            image = _read_image(members)
            self.world.images.setdefault(image.id, image)
            if image.id != image_id:
                raise Refusal(f"the image arrived under another ID than {image_id[:12]}")
            self._tag(self.world.images[image.id], tags)
            return image.id

        return self._take(commands.load_image(), action, take, sealed=True)

    def _tag(self, image: SimImage, tags: tuple[str, ...]) -> None:
        """Give an image these names too, and take them from those that had them."""
        image.tags = tuple(dict.fromkeys((*image.tags, *tags)))
        for other in self.world.images.values():
            if other is not image:
                other.tags = tuple(t for t in other.tags if t not in image.tags)

    async def remove_image(self, image_id: str) -> None:
        """See Engine."""
        async with self._verb(
            "remove_image", image_id, ("podman", "image", "rm", "--ignore", image_id)
        ):
            users = [c for c in self.world.containers.values() if c.spec.image_id == image_id]
            if users and image_id in self.world.images:
                raise Refusal(
                    f"Error: image used by {users[0].id}: image is in use by a container: "
                    "consider listing external containers and force-removing image"
                )
            self.world.images.pop(image_id, None)

    async def create_network(self, inspection: Inspection) -> None:
        """See Engine."""
        name = str(inspection["name"])
        async with self._verb("create_network", name, commands.create_network(inspection)):
            if name in self.world.networks:
                raise Refusal(f"Error: network name {name} already used: network already exists")
            subnet = dict((inspection.get("subnets") or [{}])[0])
            taken = {n.subnet for n in self.world.networks.values()}
            if subnet.get("subnet") in taken:
                raise Refusal(f"Error: subnet {subnet['subnet']} is already used on the host")
            self.world.networks[name] = SimNetwork(
                id=self.world.new_id(),
                name=name,
                subnet=str(subnet.get("subnet") or "10.90.0.0/24"),
                gateway=str(subnet.get("gateway") or "10.90.0.1"),
                driver=str(inspection.get("driver") or "bridge"),
                interface=f"podman{len(self.world.networks)}",
                internal=bool(inspection.get("internal")),
                dns=inspection.get("dns_enabled") is not False,
                labels=dict(inspection.get("labels") or {}),
                options=dict(inspection.get("options") or {}),
                created_s=self.world.clock(),
            )

    async def remove_network(self, name: str) -> None:
        """See Engine."""
        async with self._verb("remove_network", name, ("podman", "network", "rm", name)):
            users = [c for c in self.world.containers.values() if name in c.spec.networks]
            if users:
                raise Refusal(
                    f'Error: "{name}" has associated containers with it. Use -f to forcibly delete '
                    "containers and pods: network is being used"
                )
            self.world.networks.pop(name, None)

    async def create_volume(self, inspection: Inspection) -> None:
        """See Engine."""
        name = str(inspection["Name"])
        async with self._verb("create_volume", name, commands.create_volume(inspection)):
            if name in self.world.volumes:
                raise Refusal(
                    f"Error: volume with name {name} already exists: volume already exists"
                )
            self.world.volumes[name] = SimVolume(
                name,
                driver=str(inspection.get("Driver") or "local"),
                labels=dict(inspection.get("Labels") or {}),
                options=dict(inspection.get("Options") or {}),
                created_s=self.world.clock(),
            )

    async def remove_volume(self, name: str) -> None:
        """See Engine."""
        async with self._verb("remove_volume", name, ("podman", "volume", "rm", name)):
            if users := self.world.volume_users(name):
                raise Refusal(
                    f"Error: volume {name} is being used by the following container(s): "
                    f"{users[0].id}: volume is being used"
                )
            self.world.volumes.pop(name, None)

    def _existing_volume(self, name: str) -> SimVolume:
        if found := self.world.volumes.get(name):
            return found
        raise NoSuchItem("no such volume", host=self.label, item=name)


def _read_image(members: Members) -> SimImage:
    try:
        manifest = json.loads(_text(members[_MANIFEST]))[0]
        config = json.loads(_text(members[manifest["Config"]]))
        return SimImage(
            id=config["id"],
            tags=tuple(manifest["RepoTags"]),
            size_bytes=config["size"],
            created_s=config["created"],
            command=tuple(config["command"]),
            env=config["env"],
        )
    except (KeyError, IndexError, ValueError) as error:
        raise Refusal(
            f"Error: payload does not match any of the supported formats: {error}"
        ) from error


def _text(content: bytes | Blob) -> str:
    return content.decode() if isinstance(content, bytes) else ""
