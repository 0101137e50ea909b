"""The Engine protocol on a real host."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from core.errors import CommandFailed, ItemBlocked
from core.podman import commands
from core.podman.engine import PlayOptions
from core.podman.model import Kind
from core.podman.real import scripts
from core.podman.real.base import ACT_S, LOOK_S
from core.podman.real.carrying import Carrying
from core.podman.real.checkpointing import Checkpointing
from core.podman.real.observing import Observing


class RealEngine(Observing, Carrying, Checkpointing):
    """Podman on a host that a transport reaches."""

    @asynccontextmanager
    async def claim(self, item_id: str, owner: str) -> AsyncIterator[None]:
        """See Engine."""
        folder = f"{self._facts.info.graph_root}/podferry-claim.{item_id}"
        argv = ("sh", "-c", scripts.CLAIM, "podferry", folder, owner)
        holder = await self.transport.hold(self._privileged(argv, self._facts))
        try:
            told = await holder.first_line(LOOK_S)
            if told != "claimed":
                done = await holder.wait(5)
                if failure := self.transport.failure(done):
                    raise failure
                if not told.startswith("held"):
                    raise CommandFailed(
                        "the item could not be claimed", host=self.label, detail=done.stderr[-500:]
                    )
                raise ItemBlocked(
                    f"another podferry is working on it ({told})",
                    host=self.label,
                    todo="Wait for its end, or cancel it there.",
                )
            yield
        finally:
            await holder.wait(5)

    async def set_restart_policy(self, container_id: str, policy: str) -> None:
        """See Engine."""
        await self._run(commands.set_restart_policy(container_id, policy))

    async def start(self, kind: Kind, name: str) -> None:
        """See Engine."""
        await self._run(commands.act("start", kind, name))

    async def stop(self, kind: Kind, name: str) -> None:
        """See Engine."""
        await self._run(commands.act("stop", kind, name), deadline_s=ACT_S * 3)

    async def remove(self, kind: Kind, name: str) -> None:
        """See Engine."""
        await self._run(commands.remove(kind, name))

    async def rename(self, container: str, new_name: str) -> None:
        """See Engine."""
        await self._run(commands.rename(container, new_name))

    async def generate_kube(self, names: tuple[str, ...]) -> str:
        """See Engine."""
        return await self._run(commands.generate_kube(names))

    async def play_kube(self, yaml: str, options: PlayOptions) -> None:
        """See Engine."""
        await self._run(commands.play_kube(options), stdin=yaml.encode(), deadline_s=ACT_S * 3)
