"""What is true of an item whose run was broken off, found by looking, and what follows from it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.migrate.undo import Undo, UndoKind, is_running
from core.plan.model import ItemPlan
from core.podman.engine import Engine
from core.podman.model import Thing


class Direction(StrEnum):
    """Where the operator wants an unfinished item."""

    FORWARD = "forward"
    BACK = "back"


class Way(StrEnum):
    """What resuming does with an item."""

    FINISH = "finish"
    """It runs on the target: what is left of its steps."""
    BACK = "take back"
    """The source runs it again, and the target holds nothing of it."""
    AGAIN = "move again"
    """It is taken back first, and then moved by a new plan."""
    NONE = "decide"
    """Both hosts run it: only the operator can say which copy counts."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What both hosts say of an item now."""

    source_runs: bool
    """Some container of its copy on the source runs."""
    target_runs: bool
    """Some container that the run has made on the target runs."""
    target_good: bool
    """All of it is on the target and runs there as it is to run."""
    going_back: bool = False
    """It was on its way back already."""

    def where(self, source: str, target: str) -> str:
        """In words, with the hosts' names."""
        if self.source_runs and self.target_runs:
            return f"runs on {source} and on {target}"
        if self.target_runs:
            return f"runs on {target}" + ("" if self.target_good else ", but not all of it")
        return f"runs on {source}" if self.source_runs else "runs nowhere"


def decide(truth: Truth, wish: Direction | None) -> Way:
    """Forward where the target is proven good, else back, unless the operator wishes otherwise."""
    if truth.source_runs and truth.target_runs:
        return Way.BACK if wish is Direction.BACK else Way.NONE
    if wish is Direction.BACK:
        return Way.BACK
    if truth.target_good and (wish is Direction.FORWARD or not truth.going_back):
        return Way.FINISH
    return Way.AGAIN if wish is Direction.FORWARD else Way.BACK


async def look(
    plan: ItemPlan, undos: Sequence[Undo], source: Engine, target: Engine, *, going_back: bool
) -> Truth:
    """Look at both hosts. Raises PodferryError."""
    old, (made, running) = await asyncio.gather(
        _running(plan.container_ids or (plan.id,), source), _made(undos, target)
    )
    wanted = len(plan.containers) if plan.was_running else 0
    good = bool(made) and made >= len(plan.container_ids) and running >= wanted and not old
    return Truth(bool(old), bool(running), good, going_back)


async def still_down(plan: ItemPlan, source: Engine) -> list[str]:
    """Names of those of its containers that ran when the run began, and do not on the source.

    After a way back there are some if their host crashed while their restart policy was off, or
    if a journal has lost records. Raises PodferryError.
    """
    seen = await asyncio.gather(*(source.inspect(Thing.CONTAINER, c) for c in plan.containers))
    return [c for c, found in zip(plan.containers, seen, strict=True) if not is_running(found)]


async def _running(containers: Sequence[str], host: Engine) -> int:
    seen = await asyncio.gather(*(host.inspect(Thing.CONTAINER, c) for c in containers))
    return sum(is_running(found) for found in seen)


async def _made(undos: Sequence[Undo], target: Engine) -> tuple[int, int]:
    """How many containers the run has made on the target, and how many of them run."""
    single = (UndoKind.REMOVE_CONTAINER, UndoKind.STOP_COPY)
    names = [undo.subject for undo in undos if undo.kind in single]
    for undo in undos:
        if undo.kind is UndoKind.REMOVE_PLAYED:
            pod = await target.inspect(Thing.POD, undo.subject) or {}
            infra = str(pod.get("InfraContainerID") or "")
            names += [str(c["Id"]) for c in pod.get("Containers") or () if c["Id"] != infra]
    seen = await asyncio.gather(*(target.inspect(Thing.CONTAINER, name) for name in names))
    return sum(found is not None for found in seen), sum(is_running(found) for found in seen)
