"""The Engine protocol on a real host."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

from core.errors import CommandFailed, ItemBlocked
from core.podman import commands
from core.podman.engine import Claim
from core.podman.model import Kind, Thing
from core.podman.options import PlayOptions
from core.podman.real import dumping, scripts
from core.podman.real.aside import Aside
from core.podman.real.base import ACT_S
from core.podman.real.checkpointing import Checkpointing
from core.podman.real.claiming import LAPSE_S, Holder, myself
from core.podman.real.fixing import Fixing
from core.podman.real.forwarding import Forwarding
from core.podman.real.hibernating import Hibernating
from core.podman.real.passes import Passes
from core.podman.real.storing import Storing
from core.podman.real.tracing import Tracing


class RealEngine(Tracing, Storing, Forwarding, Aside, Passes, Fixing, Checkpointing, Hibernating):
    """Podman on a host that a transport reaches."""

    @asynccontextmanager
    async def claim(self, item_id: str, owner: str) -> AsyncIterator[Claim]:
        """See Engine."""
        holder = await self._holder(owner)
        holder.claims += 1
        try:
            told = await holder.take(item_id)
            if told != "claimed":
                raise await self._refused(holder, told)
            yield holder
        finally:
            holder.claims -= 1
            if holder.claims:
                await holder.leave(item_id)
            else:
                if self._holders.get(owner) is holder:
                    del self._holders[owner]
                await holder.end()

    async def _holder(self, owner: str) -> Holder:
        async with self._holding:
            holder = self._holders.get(owner)
            if holder is None or holder.lost:
                # What is there goes with a host that crashes.
                place = f"{self._facts.run_root}/podferry-claim"
                argv = (
                    "sh",
                    "-c",
                    scripts.CLAIMS,
                    "podferry",
                    place,
                    owner,
                    myself(),
                    f"{LAPSE_S}",
                )
                process = await self.transport.hold(self._privileged(argv, self._facts))
                holder = self._holders[owner] = Holder(process)
            return holder

    async def _refused(self, holder: Holder, told: str) -> Exception:
        if told:
            return ItemBlocked(
                f"another podferry is working on it ({told})",
                host=self.label,
                todo="Wait for its end, or cancel it there.",
            )
        done = await holder.end()
        return self.transport.failure(done) or CommandFailed(
            "the item could not be claimed", host=self.label, detail=done.stderr[-500:]
        )

    async def quiesce(self, containers: Collection[str]) -> None:
        """See Engine."""
        seen = await asyncio.gather(*(self.inspect(Thing.CONTAINER, c) for c in containers))
        there = [found for found in seen if found]
        words = {*containers, *(w for c in there for w in (c["Id"], c["Name"], c.get("Pod")) if w)}
        await self._run(
            ("sh", "-c", dumping.QUIESCE, "podferry", *(str(c["StaticDir"]) for c in there)),
            stdin="\n".join(sorted(words)).encode(),
            shown=("sh", "-c", "…", "podferry", *containers),
        )

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

    async def generate_kube(self, name: str) -> str:
        """See Engine."""
        return await self._looker.text("/generate/kube", names=name)

    async def play_kube(self, yaml: str, options: PlayOptions) -> None:
        """See Engine."""
        await self._run(commands.play_kube(options), stdin=yaml.encode(), deadline_s=ACT_S * 3)
