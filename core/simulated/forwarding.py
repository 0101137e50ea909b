"""Published ports of a simulated host: those that lead nowhere, and mending them."""

from __future__ import annotations

from core.podman import commands
from core.podman.model import Port
from core.simulated.base import Base
from core.simulated.host import Refusal


class Forwarding(Base):
    """The part of Engine that looks after published ports."""

    async def dead_ports(self) -> frozenset[Port]:
        """See Engine."""
        async with self._verb("dead_ports"):
            running = (c for c in self.world.containers.values() if c.running)
            return frozenset(self.world.dead_ports & {p for c in running for p in c.spec.ports})

    async def reload_network(self, container_id: str) -> None:
        """See Engine."""
        async with self._verb(
            "reload_network", container_id, commands.reload_network(container_id)
        ):
            container = self.world.container(container_id)
            if not container.running or (container.pod_id and not container.is_infra):
                raise Refusal(
                    f"Error: container {container.id} network is not configured, "
                    "refusing to reload: container state improper"
                )
            self.world.dead_ports -= set(container.spec.ports)
