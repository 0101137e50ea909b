"""Moving items back to their source, with all that they did on the target."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import reduce

from core.checks.survey import complete, survey
from core.journal.journal import Journal
from core.migrate.moved import COMES_BACK, Moved
from core.migrate.undo import Undo, UndoKind, carry_out, in_order, is_running
from core.plan.back import OldCopy, backwards, kube_back, without
from core.plan.model import ItemPlan, Plan
from core.plan.planner import make_plan
from core.podman.engine import Engine
from core.podman.model import Kind, Route, Thing

_KEPT = "which stands in the way: remove that first, or choose --old-state"


async def plan_back(items: Sequence[Moved], source: Engine, target: Engine) -> Plan:
    """The plan of a run from the target, where the items are, to the source. Raises PodferryError.

    An item that cannot come back so is blocked in it, and the plan says why.
    """
    held = {moved.item.name: await _held_by(moved, source) for moved in items}
    free = [moved for moved in items if not held[moved.item.name]]
    live = [moved for moved in free if moved.live]
    by_kube = [moved for moved in free if not moved.live]
    plans = await _live_plans(live, source, target) if live else []
    plans += [await _kube_plan(moved, source, target) for moved in by_kube]
    plans += [
        _blocked(_unplanned(moved), f"{others} on {source.label} depends on its old copy, {_KEPT}")
        for moved in items
        if (others := ", ".join(held[moved.item.name]))
    ]
    return Plan(target.label, source.label, tuple(plans), way_back=True)


async def _held_by(moved: Moved, source: Engine) -> list[str]:
    """Other containers on the source that need its copy there: Podman does not remove that then."""
    own = {str(c["Id"]) for c in moved.source.containers}
    if not own:
        return []
    estate = await source.estate()
    ids = [c.id for item in estate.items for c in item.containers if c.id not in own]
    others = await source.inspect_all(Thing.CONTAINER, ids)
    return sorted(
        str(c["Name"])
        for c in others.values()
        if not c.get("Pod") and not own.isdisjoint(c.get("Dependencies") or ())
    )


async def _live_plans(items: Sequence[Moved], source: Engine, target: Engine) -> list[ItemPlan]:
    marks = {moved.item.name: Route.CHECKPOINT for moved in items}
    facts = await complete(await survey(target, source, only=marks), target, marks)
    olds = {moved.item.name: await _old_copy(moved, source) for moved in items}
    plan = make_plan(reduce(without, olds.values(), facts), marks)
    made = {moved.item.name: moved for moved in items}
    return [
        _blocked(item, f"{item.name} on {target.label} is not what the run made")
        if not _is_it(item, made[item.name])
        else backwards(item, olds[item.name], source.label)
        for item in plan.items
    ]


def _is_it(plan: ItemPlan, moved: Moved) -> bool:
    """Whether a plan, which knows items by name, is for what the run made."""
    ids = {str(c["Id"]) for c in (moved.target.containers if moved.target else ())}
    return bool(plan.blocks) or ids <= set(plan.container_ids)


def _unplanned(moved: Moved) -> ItemPlan:
    item = moved.item
    return ItemPlan(item.name, item.id, Kind(item.kind), Route(item.route))


def _blocked(plan: ItemPlan, why: str) -> ItemPlan:
    return ItemPlan(plan.name, plan.id, plan.kind, plan.route, blocks=(why,))


async def _old_copy(moved: Moved, source: Engine) -> OldCopy:
    own = {str(c["Id"]) for c in moved.source.containers}
    users = await asyncio.gather(*(source.volume_users({name}) for name in moved.volumes))
    item = moved.item
    return OldCopy(
        name=item.name,
        id=item.id,
        kind=Kind(item.kind),
        containers=moved.source.containers,
        volumes=tuple(v for v, used in zip(moved.volumes, users, strict=True) if used <= own),
    )


async def _kube_plan(moved: Moved, source: Engine, target: Engine) -> ItemPlan:
    old = await _old_copy(moved, source)
    plan = ItemPlan(old.name, old.id, old.kind, Route.KUBE)
    there = moved.target.containers if moved.target else ()
    pod = await target.inspect(Thing.POD, str(there[0].get("Pod"))) if there else None
    if pod is None:
        return _blocked(plan, f"it is not on {target.label} any more")
    running = [str(c["Name"]) for c in there if is_running(c)]
    starts = running or [undo.subject for undo in moved.of(UndoKind.START_SOURCE)]
    if lost := set(starts) - {str(c["Name"]) for c in old.containers}:
        return _blocked(plan, f"{', '.join(sorted(lost))} is not on {source.label} any more")
    if shared := set(moved.volumes) - set(old.volumes):
        why = f"volume {', '.join(sorted(shared))} is used by others on {source.label} too"
        return _blocked(plan, why)
    return kube_back(pod, there, old, starts, target.info, source.info)


async def take_away(moved: Moved, journal: Journal, source: Engine, target: Engine) -> str:
    """After a way back: remove what the run had made on the target; what is to be told.

    The source runs it, so nothing is to be brought back there any more: that is noted first, and
    this can be repeated. Raises PodferryError.
    """
    numbered = {Undo.from_json(data): int(data["seq"]) for data in moved.item.undos}
    await journal.undone([seq for undo, seq in numbered.items() if undo.kind in COMES_BACK])
    for name in moved.volumes:
        if await source.inspect(Thing.VOLUME, name):
            await source.drop_aside(name)
    told = []
    for undo in in_order([undo for undo in numbered if undo.kind not in COMES_BACK]):
        told.append(await carry_out(undo, source, target))
        await journal.undone([numbered[undo]])
    return "\n".join(filter(None, told))
