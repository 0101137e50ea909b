"""Taking back what a run did: each undo is a value that the journal keeps, and can be repeated."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from core.errors import CommandFailed, HostUnreachable
from core.podman.engine import Engine
from core.podman.model import Inspection, Kind, Thing


class UndoKind(StrEnum):
    """What to do, and on which host."""

    DISCARD_ARCHIVE = "discard archive"
    """Target: also waits until no restore works on it any more."""
    DISCARD_NOTE = "discard note"
    """Source: what was noted of a volume's first pass."""
    REMOVE_CONTAINER = "remove container"
    """Target, by ID."""
    REMOVE_PLAYED = "remove played pod"
    """Target, by name; `value` is RUNS if its containers are to run."""
    STOP_COPY = "stop on target"
    """Target container, which had been there before."""
    REMOVE_POD = "remove pod"
    """Target, by ID; or by name, if `value` is IF_EMPTY."""
    REMOVE_VOLUME = "remove volume"
    """Target."""
    BRING_BACK_VOLUME = "bring back volume"
    """Target: its contents from before it was set aside."""
    RELEASE_NETWORK = "remove network"
    """Target; stays while anything uses it."""
    RELEASE_IMAGE = "remove image"
    """Target; stays while anything uses it."""
    RELEASE_NAME = "untag image"
    """Target, by the name that an image was given."""
    RESTORE_SOURCE = "restore on source"
    """Source container, from its own checkpoint; `value` is its `life` before the dump."""
    START_SOURCE = "start on source"
    """Source item; `value` is its kind."""
    SET_RESTART = "set restart policy"
    """Source container; `value` is the policy."""


RUNS = "runs"
_COPIES = (UndoKind.REMOVE_CONTAINER, UndoKind.REMOVE_PLAYED, UndoKind.STOP_COPY)
IF_EMPTY = "if empty"
"""Of a pod that may be somebody else's: it stays if it has a container beside infra."""
RUNNABLE = (UndoKind.DISCARD_ARCHIVE, *_COPIES)
"""What may run, or come to run, on the target: gone before anything runs on the source again."""
ON_SOURCE = (
    UndoKind.RESTORE_SOURCE,
    UndoKind.START_SOURCE,
    UndoKind.SET_RESTART,
    UndoKind.DISCARD_NOTE,
)
SHARED = (UndoKind.RELEASE_NETWORK, UndoKind.RELEASE_NAME, UndoKind.RELEASE_IMAGE)
"""What other items may need: within a run, Context.release takes it back."""


@dataclass(frozen=True, slots=True)
class Undo:
    """How to take one thing back."""

    kind: UndoKind
    subject: str
    value: str = ""

    def to_json(self) -> Mapping[str, Any]:
        """As the journal keeps it."""
        return asdict(self)

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Undo:
        """As the journal kept it."""
        return Undo(UndoKind(data["kind"]), str(data["subject"]), str(data.get("value", "")))


def in_order(undos: list[Undo]) -> list[Undo]:
    """The order that never lets two copies run: newest first, in three groups.

    Without anything that may run on the target, the source comes first: it is down.
    """
    newest = list(reversed(undos))
    restored = any(u.kind in _COPIES for u in newest)
    runnable = [u for u in newest if u.kind in RUNNABLE]
    runnable.sort(key=lambda u: u.kind is not UndoKind.DISCARD_ARCHIVE)
    source = [u for u in newest if u.kind in ON_SOURCE]
    rest = [u for u in newest if u.kind not in (*RUNNABLE, *ON_SOURCE)]
    return [*runnable, *source, *rest] if restored else [*source, *runnable, *rest]


async def carry_out(undo: Undo, source: Engine, target: Engine) -> str:
    """Take one thing back; what the operator should know of it, if anything.

    Raises PodferryError; safe to repeat.
    """
    if undo.kind is UndoKind.RESTORE_SOURCE:
        await _refuse_second_copy(undo.subject, source, target)
    if undo.kind in ON_SOURCE:
        return await _on_source(undo, source)
    return await _on_target(undo, target)


async def _on_source(undo: Undo, source: Engine) -> str:
    match undo.kind:
        case UndoKind.DISCARD_NOTE:
            await source.discard(undo.subject)
        case UndoKind.RESTORE_SOURCE:
            return await restore_source(undo.subject, undo.value, source)
        case UndoKind.START_SOURCE:
            await source.start(Kind(undo.value), undo.subject)
        case UndoKind.SET_RESTART:
            await source.set_restart_policy(undo.subject, undo.value)
    return ""


async def _refuse_second_copy(container_id: str, source: Engine, target: Engine) -> None:
    """Raise CommandFailed if the target runs it, even if no record says that it may."""
    try:
        seen = None if target is source else await target.inspect(Thing.CONTAINER, container_id)
    except HostUnreachable:
        # By the journal nothing was restored there.
        return
    if is_running(seen):
        raise CommandFailed(
            "it runs there, though the journal does not know of it",
            host=target.label,
            item=container_id[:12],
            now=f"{source.label} was left as it is, so that it does not run twice.",
            todo="If that copy is not wanted, remove it there; then do this again.",
        )


async def _on_target(undo: Undo, target: Engine) -> str:
    match undo.kind:
        case UndoKind.DISCARD_ARCHIVE:
            await target.discard(undo.subject)
        case UndoKind.REMOVE_CONTAINER:
            await target.remove(Kind.CONTAINER, undo.subject)
        case UndoKind.REMOVE_PLAYED | UndoKind.REMOVE_POD:
            await _remove_pod(undo, target)
        case UndoKind.STOP_COPY:
            await target.stop(Kind.CONTAINER, undo.subject)
        case UndoKind.REMOVE_VOLUME:
            return await _remove_volume(undo.subject, target)
        case UndoKind.BRING_BACK_VOLUME:
            await target.bring_back_volume(undo.subject)
        case UndoKind.RELEASE_NETWORK | UndoKind.RELEASE_IMAGE | UndoKind.RELEASE_NAME:
            await _release(undo, target)
    return ""


async def _remove_pod(undo: Undo, target: Engine) -> None:
    if undo.value == IF_EMPTY:
        seen = await target.inspect(Thing.POD, undo.subject) or {}
        if {c["Id"] for c in seen.get("Containers") or ()} - {seen.get("InfraContainerID")}:
            return
    await target.remove(Kind.POD, undo.subject)


async def _release(undo: Undo, target: Engine) -> None:
    release = {
        UndoKind.RELEASE_NETWORK: target.remove_network,
        UndoKind.RELEASE_IMAGE: target.remove_image,
        UndoKind.RELEASE_NAME: target.untag_image,
    }
    # Podman refuses while a container uses it, and then it must stay.
    with contextlib.suppress(CommandFailed):
        await release[undo.kind](undo.subject)


async def _remove_volume(name: str, target: Engine) -> str:
    try:
        await target.remove_volume(name)
    except CommandFailed:
        if not await target.volume_users({name}):
            raise
        return f"{target.label}: volume {name} stays, because others use it"
    return ""


async def restore_source(container_id: str, life_at_dump: str, source: Engine) -> str:
    """Have the source run a container again that may or may not have been dumped.

    A checkpoint is used once: a container that somebody has started since its dump, and that has
    ended again, is started afresh, for its checkpoint holds what it was before that.
    Some programs end right after any restore: CRIU lets a sleeping system call return early
    (EINTR), which sleep(1) of busybox takes for its end. Such a one is started afresh too.
    """
    seen = await source.inspect(Thing.CONTAINER, container_id)
    if is_running(seen):
        if has_lived_since(life_at_dump, seen):
            # What it left when it was dumped would bring old memory back, some day.
            await source.drop_checkpoint(container_id)
        return ""
    if has_lived_since(life_at_dump, seen):
        why = "it has run again since its dump, and its checkpoint is from before"
        return await _start_afresh(container_id, source, why)
    try:
        await source.restore_in_place(container_id)
    except CommandFailed as failure:
        # The dump's own watchdog may have been faster.
        seen = await source.inspect(Thing.CONTAINER, container_id)
        if is_running(seen):
            return ""
        if _NO_CHECKPOINT in failure.detail:
            why = "it ended before it was dumped"
            return await _start_afresh(container_id, source, why)
        if not has_lived_since(life_at_dump, seen):
            raise CommandFailed(
                "it could not be restored from its checkpoint",
                host=source.label,
                detail=failure.detail,
                now=f"It is stopped on {source.label}; its checkpoint is kept there.",
                todo="`podman container restore` there tries again; `podman start` starts it "
                "afresh, without its memory.",
            ) from failure
    if is_running(await source.inspect(Thing.CONTAINER, container_id)):
        return ""
    why = "it ended right after its restore from its own checkpoint"
    return await _start_afresh(container_id, source, why)


async def leave_tidy(container_id: str, life_at_dump: str, source: Engine) -> str:
    """End what a dump may still do to a container that is back, and delete what it left.

    Podman says that a container runs while it is dumped: only now is it sure to stay.
    """
    await source.quiesce([container_id])
    told = await restore_source(container_id, life_at_dump, source)
    await source.drop_checkpoint(container_id)
    return told


async def _start_afresh(container_id: str, source: Engine, why: str) -> str:
    await source.drop_checkpoint(container_id)
    await source.start(Kind.CONTAINER, container_id)
    return f"{source.label}: {why}: it was started afresh, and what it had in memory is lost"


def life(inspection: Inspection | None) -> str:
    """When a container was last started and last restored, to tell later if it was again."""
    state = (inspection or {}).get("State") or {}
    return f"{state.get('StartedAt') or _NEVER} {state.get('RestoredAt') or _NEVER}"


def has_lived_since(before: str, inspection: Inspection | None) -> bool:
    """Whether a container was started or restored after its `life` was `before`.

    Podman keeps StartedAt over dumps, restores and reboots, and RestoredAt until the next dump or
    start (seen with 5.8.6).
    """
    started, restored = life(inspection).split(" ")
    if not before or inspection is None:
        return False
    started_before, restored_before = before.split(" ")
    return started != started_before or restored not in (restored_before, _NEVER)


_NO_CHECKPOINT = "checkpoint for this container cannot be found"
"""Podman's word (libpod, container_internal_common.go) where a dump has not come to its end."""
_NEVER = "0001-01-01T00:00:00Z"
"""Podman's word for a time that has not been."""


def is_running(inspection: Inspection | None) -> bool:
    """Whether an inspected container runs, by Podman's word and with a process."""
    state = (inspection or {}).get("State") or {}
    return bool(state.get("Running")) and int(state.get("Pid") or 0) > 0
