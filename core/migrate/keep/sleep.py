"""A set of containers sleeps over a reboot of its host, and wakes after it."""

from __future__ import annotations

from collections.abc import Sequence

from core.errors import HostUnfit, ItemBlocked
from core.journal.history import open_items
from core.journal.journal import new_run_id
from core.podman.engine import Engine
from core.podman.model import Item, State
from core.podman.outcomes import Rest

_CLAIM = "hibernate"
"""What is claimed of a host meanwhile: one claim for all of its items, as each takes a session."""


async def hibernate(engine: Engine, items: Sequence[Item]) -> tuple[Rest, ...]:
    """Checkpoint all that runs of the items, where it is. Raises PodferryError."""
    info = engine.info
    if info.rootless or info.criu_version is None:
        why = "rootless Podman cannot checkpoint" if info.rootless else "CRIU is not installed"
        raise HostUnfit(why, host=engine.label)
    left = open_items()
    for item in items:
        if run := left.get(item.id):
            raise ItemBlocked(
                f"run {run} left it unfinished",
                host=engine.label,
                item=item.name,
                todo=f"podferry resume {run} brings it to an end first.",
            )
    running = [c.id for item in items for c in item.containers if c.state is State.RUNNING]
    if not running:
        return ()
    async with engine.claim(_CLAIM, new_run_id()):
        return await engine.hibernate(running)


async def wake(engine: Engine, *, cold: bool) -> tuple[Rest, ...]:
    """Restore all that sleeps on a host. Raises PodferryError."""
    async with engine.claim(_CLAIM, new_run_id()):
        return await engine.wake(cold=cold)
