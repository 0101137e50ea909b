"""Starting, stopping and changing items of a simulated host."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

from core.errors import ItemBlocked
from core.podman import commands
from core.podman.engine import Claim
from core.podman.model import Kind
from core.simulated import lifecycle
from core.simulated.base import Base
from core.simulated.faults import Call, run_hook
from core.simulated.host import Refusal, SimulatedClaim


class Acting(Base):
    """The part of Engine that acts on items."""

    @asynccontextmanager
    async def claim(self, item_id: str, owner: str) -> AsyncIterator[Claim]:
        """See Engine."""
        await self._enter("claim", item_id)
        before = self.world.claims.get(item_id)
        if before and before.owner != owner:
            raise ItemBlocked(
                f"another podferry is working on it (held by run {before.owner})", host=self.label
            )
        if before:
            before.lost = True
        claim = self.world.claims[item_id] = SimulatedClaim(owner)

        def let_go() -> None:
            """It ends with its context, or with the connection that made it."""
            claim.lost = True
            self.faults.on_cut.discard(let_go)
            if self.world.claims.get(item_id) is claim:
                del self.world.claims[item_id]

        self.faults.on_cut.add(let_go)
        try:
            await run_hook(self.faults.after, Call("claim", item_id))
            yield claim
        finally:
            let_go()

    async def quiesce(self, containers: Collection[str]) -> None:
        """See Engine; nothing goes on here without a connection."""
        async with self._verb("quiesce"):
            pass

    async def set_restart_policy(self, container_id: str, policy: str) -> None:
        """See Engine."""
        argv = commands.set_restart_policy(container_id, policy)
        async with self._verb("set_restart_policy", container_id, argv):
            container = self.world.container(container_id)
            name = policy.partition(":")[0]
            if name not in ("no", "always", "on-failure", "unless-stopped"):
                raise Refusal(f'Error: "{policy}" is not a valid restart policy: invalid argument')
            container.spec = dataclasses.replace(container.spec, restart_policy=policy)
            self.world.tell("update", container)

    async def start(self, kind: Kind, name: str) -> None:
        """See Engine."""
        async with self._verb("start", name, commands.act("start", kind, name)):
            lifecycle.act(self.world, kind, "start", name)

    async def stop(self, kind: Kind, name: str) -> None:
        """See Engine."""
        async with self._verb("stop", name, commands.act("stop", kind, name)):
            lifecycle.act(self.world, kind, "stop", name)

    async def remove(self, kind: Kind, name: str) -> None:
        """See Engine."""
        async with self._verb("remove", name, commands.remove(kind, name)):
            if kind is Kind.POD:
                if pod := self.world.find_pod(name):
                    lifecycle.drop_pod(self.world, pod)
            elif container := self.world.find_container(name):
                lifecycle.drop(self.world, container)

    async def rename(self, container: str, new_name: str) -> None:
        """See Engine."""
        async with self._verb("rename", container, commands.rename(container, new_name)):
            found = self.world.container(container)
            if any(c.name == new_name for c in self.world.containers.values()):
                raise Refusal(
                    f"Error: renaming container {found.id}: updating container config table with "
                    "new configuration: UNIQUE constraint failed: ContainerConfig.Name"
                )
            found.name = new_name
            self.world.tell("rename", found)
