"""The steps that only the live route has: a dump into the target, and the restore from it."""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING

from core.checks.connections import TCP_CLOSE_SINCE
from core.checks.model import Flag
from core.errors import CommandFailed
from core.migrate.context import whole
from core.migrate.explain import known
from core.migrate.undo import UndoKind, is_running, life
from core.plan.model import Step, StepKind
from core.plan.planner import KEEP_ADDRESS
from core.podman.model import Kind, Route, Thing
from core.podman.options import CheckpointOptions, RestoreOptions

if TYPE_CHECKING:
    from core.migrate.item import ItemRun

_WITH = {
    Flag.TCP: "it has open TCP connections: they will be closed on the target",
    Flag.FILE_LOCKS: "it holds file locks: they will be taken again on the target",
}
"""What a further try does about what the last one met."""
DUMP_TRIES = 24
DUMP_PAUSE_S = 0.2
_EARLY = 4
"""Containers of an item up to which the target gets ready for each while its dump arrives: a
podman that waits takes 50 MiB of memory."""
_SMALL_BYTES = 128 * 2**20
"""Memory that is with the target within about a second."""


async def dump(run: ItemRun, step: Step) -> str:
    """Freeze a container and stream it into the target; what fails in passing is tried again."""
    context, container = run.context, step.subject
    (later,) = (s for s in run.plan.steps if s.kind is StepKind.RESTORE and s.subject == container)
    for attempt in range(1, DUMP_TRIES + 1):
        inspection = await context.source.inspect(Thing.CONTAINER, container)
        if not is_running(inspection):
            raise CommandFailed(
                f"{step.label} does not run any more", host=context.source.label, item=run.plan.name
            )
        run.runtimes[container] = str((inspection or {}).get("OCIRuntime") or "")
        # Anew for each try: a dump that failed may have been restored by its host.
        await run.will_undo(UndoKind.RESTORE_SOURCE, container, life(inspection))
        run.went_down()
        options = CheckpointOptions(
            tcp_established=Flag.TCP in run.flags,
            file_locks=Flag.FILE_LOCKS in run.flags,
            new_address=later.value != KEEP_ADDRESS,
        )
        early = _restore_options(run, later) if len(run.plan.container_ids) <= _EARLY else None
        makes = container if _is_made_early(run, step) else ""
        archive = f"podferry.{secrets.token_hex(8)}"
        await run.will_undo(UndoKind.DISCARD_ARCHIVE, archive)
        try:
            await run.carry(
                context.source.checkpoint(container, options),
                context.target.receive_checkpoint(archive, early, makes),
                total_bytes=step.estimated_bytes or None,
            )
        except CommandFailed as failure:
            if attempt == DUMP_TRIES or not _may_try_again(run, failure):
                raise
            if not run.archives:
                run.stayed_up()
            await asyncio.sleep(DUMP_PAUSE_S)
            continue
        run.archives[container] = archive
        if makes:
            run.made_early.add(container)
        return f"try {attempt}" if attempt > 1 else ""
    raise AssertionError


def _is_made_early(run: ItemRun, step: Step) -> bool:
    """Whether the target may make the container while its memory is on the way.

    Who lists or inspects the target's containers waits for as long, so it must not be long.
    """
    copies = any(planned.kind is StepKind.COPY_VOLUME for planned in run.plan.steps)
    small = step.estimated_bytes <= _SMALL_BYTES
    return run.plan.kind is Kind.CONTAINER and small and not copies


def _may_try_again(run: ItemRun, failure: CommandFailed) -> bool:
    means = known(failure)
    if means is None:
        return False
    if means.transient:
        run.note(f"{means.cause} Trying again.")
        return True
    flag = means.flag
    if flag is None or flag in run.flags:
        return False
    if flag is Flag.TCP and run.context.target.info.podman_version < TCP_CLOSE_SINCE:
        return False
    run.note(_WITH[flag])
    run.flags.add(flag)
    return True


async def restore(run: ItemRun, step: Step) -> str:
    """Bring a container to life on the target, unless the source's copy has come back meanwhile."""
    context, container = run.context, step.subject
    early = container in run.made_early
    if not early and await context.target.inspect(Thing.CONTAINER, container):
        raise CommandFailed(
            f"a container with the ID of {step.label} is there already",
            host=context.target.label,
            item=run.plan.name,
        )
    await source_stays_down(run, container)
    await run.will_undo(UndoKind.REMOVE_CONTAINER, container)
    options = _restore_options(run, step)
    await whole(context.target.restore(run.archives[container], container, options))
    return ""


async def source_stays_down(run: ItemRun, container: str) -> None:
    """Raise CommandFailed if somebody has started the source's copy since its dump.

    Nobody can while Podman tidies up behind a dump, which a lone container's restore does not
    wait for. A pod and whoever has volumes are down for longer.
    """
    source, plan = run.context.source, run.plan
    waited = any(step.kind is StepKind.COPY_VOLUME for step in plan.steps)
    if plan.kind is not Kind.POD and not waited:
        return
    if container in run.archives:
        await source.checkpoint_ended(container)
    if is_running(await source.inspect(Thing.CONTAINER, container)):
        raise CommandFailed(
            "somebody has started it again on its source",
            host=source.label,
            item=plan.name,
            now=f"It runs there, afresh. {run.context.target.label} was not given its old memory.",
            todo="Find out who started it, and move it again.",
        )


def _restore_options(run: ItemRun, restore: Step) -> RestoreOptions:
    return RestoreOptions(
        pod=run.plan.name if run.plan.kind is Kind.POD else "",
        runtime=run.runtimes.get(restore.subject, ""),
        tcp_close=Flag.TCP in run.flags,
        file_locks=Flag.FILE_LOCKS in run.flags,
        ignore_static_ip=restore.value != KEEP_ADDRESS,
    )


async def source_ended(run: ItemRun) -> str:
    """The target does not wait for Podman to tidy up behind a dump; the run's end does."""
    if run.plan.route is not Route.CHECKPOINT:
        return ""
    source = run.context.source
    words = [await source.checkpoint_ended(container) for container in run.archives]
    told = "\n".join(filter(None, words))
    return f"the copy on {source.label} is stopped, and Podman complained: {told}" if told else ""
