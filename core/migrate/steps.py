"""What each step of a plan does. Each notes its undo before its effect."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from itertools import starmap
from types import MappingProxyType
from typing import TYPE_CHECKING

from core.checks.restarts import restart_policy
from core.errors import CommandFailed, NoSuchItem, PodferryError
from core.migrate import back_steps, live_steps
from core.migrate.context import whole
from core.migrate.ports import mend_ports
from core.migrate.undo import IF_EMPTY, RUNS, UndoKind, is_running
from core.plan.model import Step, StepKind
from core.podman.model import Inspection, Kind, Route, Thing
from core.podman.options import PlayOptions

if TYPE_CHECKING:
    from core.migrate.item import ItemRun

SKIPPED = "was there already"
"""What a step says that had nothing to do."""
_PROBE_S = 10.0
_PROBE_EVERY_S = 0.1


async def _stage_image(run: ItemRun, step: Step) -> str:
    context, image = run.context, step.subject
    async with context.locks[UndoKind.RELEASE_IMAGE, image]:
        if await context.target.inspect(Thing.IMAGE, image):
            return await _name_image(run, step) or SKIPPED
        inspection = await context.source.inspect(Thing.IMAGE, image)
        if inspection is None:
            raise NoSuchItem(
                f"the image {step.label} ({image[:12]}) is not in the store any more",
                host=context.source.label,
                item=run.plan.name,
                todo="Pull or build it there again under that ID.",
            )
        tags = list(dict.fromkeys((*step.names, *map(str, inspection.get("RepoTags") or ()))))
        free = [tag for tag in tags if not await context.target.inspect(Thing.IMAGE, tag)]
        await run.will_undo(UndoKind.RELEASE_IMAGE, image)
        await run.carry(
            context.source.save_image(image),
            context.target.load_image(image, tuple(free)),
            total_bytes=int(inspection.get("Size") or 0) or None,
        )
        taken = sorted(set(tags) - set(free))
        return f"{', '.join(taken)} means another image there" if taken else ""


async def _name_image(run: ItemRun, step: Step) -> str:
    """Podman restores by the image's name, and would ask a registry for one that it lacks."""
    target = run.context.target
    named = []
    for name in step.names:
        if not await target.inspect(Thing.IMAGE, name):
            await run.will_undo(UndoKind.RELEASE_NAME, name)
            await whole(target.tag_image(step.subject, name))
            named.append(name)
    return f"was there, and is now known as {', '.join(named)} too" if named else ""


async def _make_network(run: ItemRun, step: Step) -> str:
    context = run.context
    async with context.locks[UndoKind.RELEASE_NETWORK, step.subject]:
        if await context.target.inspect(Thing.NETWORK, step.subject):
            return SKIPPED
        inspection = await context.source.inspect(Thing.NETWORK, step.subject)
        if inspection is None:
            raise NoSuchItem(f"no network {step.subject} any more", host=context.source.label)
        await run.will_undo(UndoKind.RELEASE_NETWORK, step.subject)
        try:
            await whole(context.target.create_network(inspection))
        except CommandFailed:
            await run.did_nothing(UndoKind.RELEASE_NETWORK)
            raise
    return ""


async def _make_volume(run: ItemRun, step: Step) -> str:
    context = run.context
    if await context.target.inspect(Thing.VOLUME, step.subject):
        raise CommandFailed(
            f"volume {step.subject} has appeared there since the plan was made",
            host=context.target.label,
            item=run.plan.name,
            todo="Remove or rename it there; Podferry never overwrites a volume.",
        )
    inspection = await context.source.inspect(Thing.VOLUME, step.subject)
    if inspection is None:
        raise NoSuchItem(f"no volume {step.subject} any more", host=context.source.label)
    await run.will_undo(UndoKind.REMOVE_VOLUME, step.subject)
    try:
        await whole(context.target.create_volume(inspection))
    except CommandFailed:
        await run.did_nothing(UndoKind.REMOVE_VOLUME)
        raise
    return ""


async def _disarm(run: ItemRun, step: Step) -> str:
    await run.will_undo(UndoKind.SET_RESTART, step.subject, step.value)
    await whole(run.context.source.set_restart_policy(step.subject, "no"))
    return f"was {step.value}"


async def _make_pod(run: ItemRun, step: Step) -> str:
    context = run.context
    inspection = await context.source.inspect(Thing.POD, run.plan.id)
    if inspection is None:
        raise NoSuchItem("no such pod any more", host=context.source.label, item=run.plan.name)
    if await context.target.inspect(Thing.POD, step.subject):
        raise CommandFailed(
            f"a pod named {step.subject} has appeared there since the plan was made",
            host=context.target.label,
            item=run.plan.name,
        )

    # Its ID is known only afterwards.
    await run.will_undo(UndoKind.REMOVE_POD, step.subject, IF_EMPTY)

    async def make() -> None:
        await run.will_undo(UndoKind.REMOVE_POD, await context.target.create_pod(inspection))

    await whole(make())
    return ""


async def _stop(run: ItemRun, step: Step) -> str:
    context, plan = run.context, run.plan
    if plan.route is Route.CHECKPOINT:
        try:
            await whole(context.source.stop(Kind.POD, plan.id))
        except PodferryError as error:
            return f"the empty pod still stands on {context.source.label}: {error.what}"
        return ""
    for name in plan.containers:
        # One by one: starting the pod would also start those of its containers that did not run.
        if not is_running(await context.source.inspect(Thing.CONTAINER, name)):
            raise CommandFailed(
                f"{name} does not run any more", host=context.source.label, item=plan.name
            )
        await run.will_undo(UndoKind.START_SOURCE, name, Kind.CONTAINER)
    run.went_down()
    await whole(context.source.stop(plan.kind, plan.id))
    return ""


async def _first_pass(run: ItemRun, step: Step) -> str:
    context, volume = run.context, step.subject
    note = run.notes[volume] = f"podferry.{secrets.token_hex(8)}"
    await run.will_undo(UndoKind.DISCARD_NOTE, note)
    await run.carry(context.source.first_pass(volume, note), context.target.take_first_pass(volume))
    return ""


async def _copy_volume(run: ItemRun, step: Step) -> str:
    context, volume = run.context, step.subject
    if volume not in run.notes:
        run.notes[volume] = f"podferry.{secrets.token_hex(8)}"
        await run.will_undo(UndoKind.DISCARD_NOTE, run.notes[volume])
    note = run.notes[volume]
    await run.will_undo(UndoKind.DISCARD_ARCHIVE, note)
    await run.carry(
        context.source.last_pass(volume, note),
        context.target.take_last_pass(volume, note),
    )
    return ""


async def _play(run: ItemRun, step: Step) -> str:
    plan, target = run.plan, run.context.target
    pod = plan.name if plan.kind is Kind.POD else f"{plan.name}-pod"
    if await target.inspect(Thing.POD, pod):
        raise CommandFailed(
            f"a pod named {pod} has appeared there since the plan was made", host=target.label
        )
    if plan.was_running:
        for name in plan.containers:
            await live_steps.source_stays_down(run, name)
    await run.will_undo(UndoKind.REMOVE_PLAYED, pod, RUNS if plan.was_running else "")
    await whole(target.play_kube(plan.kube_yaml, plan.play or PlayOptions()))
    if made := await target.inspect(Thing.POD, pod):
        # From now on a namesake is not taken for it.
        await run.is_known_as(UndoKind.REMOVE_PLAYED, str(made["Id"]))
    return ""


async def _rename(run: ItemRun, step: Step) -> str:
    target = run.context.target
    if run.resumed and await target.inspect(Thing.CONTAINER, step.subject) is None:
        return SKIPPED
    await whole(target.rename(step.subject, step.value))
    return ""


async def _start(run: ItemRun, step: Step) -> str:
    await whole(run.context.target.start(Kind.CONTAINER, step.subject))
    return ""


async def _rearm(run: ItemRun, step: Step) -> str:
    await whole(run.context.target.set_restart_policy(step.subject, step.value))
    return step.value


async def _probe(run: ItemRun, step: Step) -> str:
    """Every container of the item runs on the target and has a process; its ports lead to it."""
    target = run.context.target
    if not run.plan.was_running:
        return "it did not run before either"
    names = run.plan.container_ids if run.plan.route is Route.CHECKPOINT else run.plan.containers
    until, mended = time.monotonic() + _PROBE_S, False
    while True:
        seen = await asyncio.gather(*(target.inspect(Thing.CONTAINER, n) for n in names))
        down = {n: found for n, found in zip(names, seen, strict=True) if not is_running(found)}
        alive = not down and await run.witness.answers()
        if alive:
            run.came_up(target.label)
        if not down and not mended:
            # A probe may ask one of its ports, and is asked again.
            await mend_ports(run, [found for found in seen if found])
            mended = True
        if alive:
            return await live_steps.source_ended(run)
        over = any(map(_has_ended, down.values()))
        if over or time.monotonic() > until:
            what = "; ".join(starmap(_how_it_is, down.items())) or run.witness.silence
            waited = "" if over else f" after {_PROBE_S:.0f} s"
            raise CommandFailed(f"{what}{waited}", host=target.label, item=run.plan.name)
        await asyncio.sleep(_PROBE_EVERY_S)


def _has_ended(found: Inspection | None) -> bool:
    """Whether nobody will start it again."""
    status = ((found or {}).get("State") or {}).get("Status")
    return status == "exited" and not restart_policy(found or {})


def _how_it_is(name: str, found: Inspection | None) -> str:
    state = (found or {}).get("State") or {}
    name = str((found or {}).get("Name") or name)
    if state.get("Status") == "exited":
        return f"{name} has ended there, with exit code {state.get('ExitCode')}"
    return f"{name} does not run there"


StepFunction = Callable[["ItemRun", Step], Awaitable[str]]

STEPS: Mapping[StepKind, StepFunction] = MappingProxyType(
    {
        StepKind.STAGE_IMAGE: _stage_image,
        StepKind.MAKE_NETWORK: _make_network,
        StepKind.MAKE_VOLUME: _make_volume,
        StepKind.DISARM: _disarm,
        StepKind.MAKE_POD: _make_pod,
        StepKind.DUMP: live_steps.dump,
        StepKind.STOP: _stop,
        StepKind.FIRST_PASS: _first_pass,
        StepKind.COPY_VOLUME: _copy_volume,
        StepKind.RESTORE: live_steps.restore,
        StepKind.PLAY: _play,
        StepKind.RENAME: _rename,
        StepKind.START: _start,
        StepKind.REARM: _rearm,
        StepKind.PROBE: _probe,
        StepKind.SET_ASIDE: back_steps.set_aside,
        StepKind.REMOVE_OLD: back_steps.remove_old,
        StepKind.START_OLD: back_steps.start_old,
    }
)
