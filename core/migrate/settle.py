"""The two ends of a moved item: accept gives up the source copy, rollback brings it back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import PodferryError, UsageError
from core.journal.journal import Journal, JournalItem, JournalRun
from core.migrate.events import Outcome
from core.migrate.undo import RUNS, Undo, UndoKind, carry_out, in_order, is_running
from core.podman.engine import Engine, Thing
from core.podman.model import Kind

ACCEPTED, ROLLED_BACK = "accepted", "rolled_back"


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of one item."""

    name: str
    done: bool
    reason: str = ""


def choose(run: JournalRun, names: Sequence[str], decision: str) -> list[JournalItem]:
    """The items to settle: those named, else all that can be. Raises UsageError."""
    by_name = {item.name: item for item in run.items}
    for name in names:
        if name not in by_name:
            raise UsageError(f"run {run.id} has no item {name}", item=name)
        item = by_name[name]
        if item.settled:
            raise UsageError(f"{name} is {item.settled.replace('_', ' ')} already", item=name)
        if item.outcome not in _settleable(decision):
            raise UsageError(f"{name} did not move in this run: {item.outcome}", item=name)
    wanted = set(names) or set(by_name)
    return [
        item
        for item in run.items
        if item.name in wanted and not item.settled and item.outcome in _settleable(decision)
    ]


def _settleable(decision: str) -> tuple[str, ...]:
    """A run that was broken off leaves items without an outcome; they can be rolled back too."""
    return (Outcome.MOVED,) if decision == "accept" else (Outcome.MOVED, Outcome.FAILED, "")


async def settle(
    decision: str, items: Sequence[JournalItem], journal: Journal, source: Engine, target: Engine
) -> list[Settlement]:
    """Accept the items or roll them back, one after the other; failures stay with their item."""
    act = _accept if decision == "accept" else _roll_back
    results = []
    for item in items:
        try:
            async with source.claim(item.id, journal.path.stem):
                told = await act(item, journal, source, target)
        except PodferryError as error:
            results.append(Settlement(item.name, False, str(error)))
        else:
            results.append(Settlement(item.name, True, told))
    return results


async def _accept(item: JournalItem, journal: Journal, source: Engine, target: Engine) -> str:
    """Remove the source copy, if the target has the item and the source copy does not run."""
    if not await _target_has(item, target):
        raise PodferryError(
            f"{target.label} does not run it, so the copy on {source.label} was kept",
            item=item.name,
            todo=f"podferry rollback {journal.path.stem} {item.name} brings it back.",
        )
    thing = Thing.POD if item.kind == Kind.POD else Thing.CONTAINER
    seen = await source.inspect(thing, item.id)
    containers = (
        [str(c["Id"]) for c in (seen or {}).get("Containers") or ()]
        if item.kind == Kind.POD
        else [item.id]
    )
    infra = str((seen or {}).get("InfraContainerID") or "")
    for container in containers:
        if container != infra and is_running(await source.inspect(Thing.CONTAINER, container)):
            raise PodferryError(
                f"the copy on {source.label} runs again, so it was not removed",
                item=item.name,
                todo="Find out who started it; stop one of the two copies.",
            )
    await source.remove(Kind(item.kind), item.id)
    await journal.settle_item(item.name, ACCEPTED)
    return ""


async def _target_has(item: JournalItem, target: Engine) -> bool:
    """Whether what the run made on the target is there, and runs."""
    undos = [Undo.from_json(data) for data in item.undos]
    containers = [u.subject for u in undos if u.kind is UndoKind.REMOVE_CONTAINER]
    pods = [u for u in undos if u.kind is UndoKind.REMOVE_PLAYED]
    for container in containers:
        if not is_running(await target.inspect(Thing.CONTAINER, container)):
            return False
    for pod in pods:
        seen = await target.inspect(Thing.POD, pod.subject)
        state = str((seen or {}).get("State") or "")
        if not seen or (pod.value == RUNS and state not in ("Running", "Degraded")):
            return False
    return bool(containers or pods)


async def _roll_back(item: JournalItem, journal: Journal, source: Engine, target: Engine) -> str:
    """Undo what the run did with the item, in the order that never lets two copies run."""
    numbered = {Undo.from_json(data): int(data["seq"]) for data in item.undos}
    told = []
    for undo in in_order(list(numbered)):
        told.append(await carry_out(undo, source, target))
        await journal.undone([numbered[undo]])
    await journal.settle_item(item.name, ROLLED_BACK)
    return "\n".join(filter(None, told))
