"""Containers of a simulated host that sleep over a reboot."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from core.podman import commands
from core.podman.model import State
from core.podman.options import CheckpointOptions
from core.podman.outcomes import Rest, RestOutcome
from core.simulated import lifecycle
from core.simulated.checkpointing import Checkpointing
from core.simulated.things import SimContainer

_OPTIONS = CheckpointOptions(tcp_established=True, file_locks=True)


class Hibernating(Checkpointing):
    """The part of Engine that lets containers sleep over a reboot."""

    async def hibernate(self, container_ids: Sequence[str]) -> tuple[Rest, ...]:
        """See Engine."""
        argv = (*commands.checkpoint(_OPTIONS), *container_ids)
        async with self._verb("hibernate", "", argv):
            return tuple(self._lay(self.world.container(ident)) for ident in container_ids)

    def _lay(self, container: SimContainer) -> Rest:
        if container.state is not State.RUNNING:
            told = f"it is {container.state}"
            return Rest(container.id, container.name, RestOutcome.SKIPPED, told)
        if refusal := self._undumpable(container, _OPTIONS, None):
            told = f"it runs on: {refusal}"
            return Rest(container.id, container.name, RestOutcome.FAILED, told)
        noted = container.spec.restart_policy, container.started_s
        self.world.asleep[container.id] = noted
        container.spec = dataclasses.replace(container.spec, restart_policy="no")
        self._freeze(container)
        return Rest(container.id, container.name, RestOutcome.ASLEEP)

    async def wake(self, *, cold: bool) -> tuple[Rest, ...]:
        """See Engine."""
        async with self._verb("wake", "", commands.restore_in_place("…")):
            found = [self.world.find_container(ident) for ident in self.world.asleep]
            return tuple(self._rouse(container, cold=cold) for container in found if container)

    def _rouse(self, container: SimContainer, *, cold: bool) -> Rest:
        outcome, told = RestOutcome.AWAKE, ""
        policy, started_s = self.world.asleep[container.id]
        if container.running:
            outcome, told = RestOutcome.RUNNING, "it runs already"
        elif container.left and container.started_s == started_s:
            self._revive(container, container.left)
        else:
            told = "it has run since, and its checkpoint is from before"
            if not cold:
                return Rest(container.id, container.name, RestOutcome.FAILED, told)
            outcome = RestOutcome.AFRESH
            lifecycle.start(self.world, container)
        del self.world.asleep[container.id]
        container.spec = dataclasses.replace(container.spec, restart_policy=policy)
        return Rest(container.id, container.name, outcome, told)
