"""What fixes need of a simulated host: their commands, folders and secrets."""

from __future__ import annotations

from collections.abc import Sequence

from core.errors import CommandFailed, NoSuchItem
from core.podman import commands
from core.podman.model import HostInfo, Secret
from core.podman.streams import Incoming, Outgoing
from core.simulated.base import Base
from core.simulated.commanding import command
from core.simulated.host import Refusal
from core.simulated.pipes import Members
from core.simulated.tarstream import tar_chunks


class Fixing(Base):
    """The part of Engine that fixes act by."""

    async def act(self, argv: Sequence[str], *, stdin: bytes = b"") -> str:
        """See Engine; a simulated host knows few commands."""
        async with self._verb("act", argv[0], tuple(argv)):
            return command(self.world, argv, stdin)

    async def refresh(self) -> HostInfo:
        """See Engine."""
        async with self._verb("refresh"):
            return self.world.info

    async def export_folder(self, path: str) -> Outgoing:
        """See Engine."""
        action = await self._enter("export_folder", path)
        if path not in self.world.paths:
            raise NoSuchItem("no such folder", host=self.label, item=path)
        files = self.world.folders.get(path, {})
        argv = commands.export_volume(path)
        return self._send(argv, action, tar_chunks(sorted(files.items()), seal=True))

    async def import_folder(self, path: str) -> Incoming:
        """See Engine."""
        action = await self._enter("import_folder", path)

        def take(members: Members, broken: str) -> str:
            if self.world.folders.get(path):
                raise Refusal(f"{path} is there already and is no empty folder")
            if broken:
                raise Refusal("the folder did not arrive whole")
            self.world.paths.add(path)
            self.world.folders[path] = dict(members)
            return ""

        return self._take(commands.import_volume(path), action, take, sealed=True)

    async def read_secret(self, name: str) -> Secret:
        """See Engine."""
        async with self._verb("read_secret", name, commands.read_secret(name)):
            if name not in self.world.secrets:
                raise CommandFailed(
                    "`podman secret inspect` failed",
                    host=self.label,
                    item=name,
                    detail=f'Error: inspecting secret {name}: no such secret: "{name}"',
                )
            return self.world.secret_values.get(name) or Secret(name, name.encode())

    async def create_secret(self, secret: Secret) -> None:
        """See Engine."""
        argv = commands.create_secret(secret.name, secret.labels)
        async with self._verb("create_secret", secret.name, argv):
            if secret.name in self.world.secrets:
                raise Refusal(f"Error: {secret.name}: secret name in use")
            self.world.secrets.add(secret.name)
            self.world.secret_values[secret.name] = secret
