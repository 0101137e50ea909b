"""The plan of a way back: an item returns to a host that still has its old, stopped copy."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from core.checks.facts import Facts
from core.checks.restarts import can_update_restart, restart_policy
from core.plan.model import ItemPlan, PlannedCommand, Step, StepKind
from core.podman import commands
from core.podman.model import HostInfo, Inspection, Kind, Route


@dataclass(frozen=True, slots=True)
class OldCopy:
    """What an item left behind on the host to which it returns."""

    name: str
    id: str
    kind: Kind
    containers: Sequence[Inspection]
    """Empty if it is gone already."""
    volumes: Collection[str]
    """Those that nothing else uses, whose contents give way to what returns."""


def without(facts: Facts, old: OldCopy) -> Facts:
    """The facts of a move back, as if the old copy were gone from its target already."""
    has = facts.target_has
    ids = {str(c["Id"]) for c in old.containers}
    infra = f"{old.id[:12]}-infra"
    gone = {name for name, ident in has.containers.items() if ident in ids or name == infra}
    pod = {old.name} if old.kind is Kind.POD and old.containers else set()
    left = dataclasses.replace(
        has,
        containers={name: i for name, i in has.containers.items() if name not in gone},
        pods=has.pods - pod,
        volumes=has.volumes - set(old.volumes),
        addresses={a: owner for a, owner in has.addresses.items() if owner not in gone},
    )
    return dataclasses.replace(facts, target_has=left)


def backwards(plan: ItemPlan, old: OldCopy, host: str) -> ItemPlan:
    """A plan of an ordinary live move, made to replace the old copy that `host` has.

    The old copy goes when all that replaces it has arrived: until then, it is the way out.
    """
    if plan.blocks:
        return plan
    steps = [
        _set_aside(step.subject) if _replaces(step, old) else step
        for step in plan.steps
        if step.kind is not StepKind.MAKE_POD
    ]
    made = [step for step in plan.steps if step.kind is StepKind.MAKE_POD]
    at = next(n for n, step in enumerate(steps) if step.kind is StepKind.RESTORE)
    gone = [_remove(old, host)] if old.containers else []
    return dataclasses.replace(plan, steps=(*steps[:at], *gone, *made, *steps[at:]))


def _replaces(step: Step, old: OldCopy) -> bool:
    return step.kind is StepKind.MAKE_VOLUME and step.subject in old.volumes


def _set_aside(volume: str) -> Step:
    return Step(StepKind.SET_ASIDE, volume)


def _remove(old: OldCopy, host: str) -> Step:
    command = commands.remove(old.kind, old.name)
    return Step(
        StepKind.REMOVE_OLD, old.id, (PlannedCommand(host, command),), old.name, value=old.kind
    )


def kube_back(
    pod: Inspection, containers: Sequence[Inspection], old: OldCopy, starts: Sequence[str],
    source: HostInfo, target: HostInfo,
) -> ItemPlan:  # fmt: skip
    """From a played pod on `source` back to the old containers: volumes return, `starts` start."""
    running = [str(c["Id"]) for c in containers if (c.get("State") or {}).get("Running")]
    return ItemPlan(
        name=old.name,
        id=str(pod["Id"]),
        kind=Kind.POD,
        route=Route.KUBE,
        steps=tuple(_kube_steps(pod, containers, old, starts, source, target, stop=bool(running))),
        containers=tuple(starts),
        container_ids=tuple(running),
        was_running=bool(starts),
    )


def _kube_steps(
    pod: Inspection, containers: Sequence[Inspection], old: OldCopy, starts: Sequence[str],
    source: HostInfo, target: HostInfo, *, stop: bool,
) -> Iterator[Step]:  # fmt: skip
    for container in containers if can_update_restart(source.podman_version) else ():
        if policy := restart_policy(container):
            name = str(container["Name"])
            command = commands.set_restart_policy(name, "no")
            shown = (PlannedCommand(source.label, command),)
            yield Step(StepKind.DISARM, str(container["Id"]), shown, name, value=policy)
    for volume in old.volumes:
        yield _set_aside(volume)
    if stop:
        command = commands.act("stop", Kind.POD, str(pod["Name"]))
        shown = (PlannedCommand(source.label, command),)
        yield Step(StepKind.STOP, str(pod["Id"]), shown, str(pod["Name"]))
    for volume in old.volumes:
        yield Step(StepKind.COPY_VOLUME, volume)
    for name in starts:
        command = commands.act("start", Kind.CONTAINER, name)
        yield Step(StepKind.START_OLD, name, (PlannedCommand(target.label, command),))
    yield Step(StepKind.PROBE, old.id, label=old.name)
