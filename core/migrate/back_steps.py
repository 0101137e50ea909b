"""The steps that only a way back has: they deal with the old copy on the run's target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import CommandFailed
from core.migrate.context import whole
from core.migrate.undo import UndoKind, is_running
from core.plan.model import Step
from core.podman.model import Kind, Thing

if TYPE_CHECKING:
    from core.migrate.item import ItemRun


async def set_aside(run: ItemRun, step: Step) -> str:
    """Make room in an existing volume for what returns."""
    target = run.context.target
    await run.will_undo(UndoKind.BRING_BACK_VOLUME, step.subject)
    await whole(target.set_aside_volume(step.subject))
    return ""


async def remove_old(run: ItemRun, step: Step) -> str:
    """Remove the old copy: what replaces it is there, whole."""
    target, kind = run.context.target, Kind(step.value)
    seen = await target.inspect(Thing(kind.value), step.subject)
    states = [str(c.get("State")) for c in (seen or {}).get("Containers") or ()]
    if "running" in states or (kind is Kind.CONTAINER and is_running(seen)):
        raise CommandFailed(
            f"the old copy of {step.label} has been started meanwhile",
            host=target.label,
            item=run.plan.name,
            todo="Stop one of the two copies.",
        )
    await whole(target.remove(kind, step.subject))
    return ""


async def start_old(run: ItemRun, step: Step) -> str:
    """Start a container of the old copy, with the volumes that have returned."""
    await run.will_undo(UndoKind.STOP_COPY, step.subject)
    await whole(run.context.target.start(Kind.CONTAINER, step.subject))
    return ""
