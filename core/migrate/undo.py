"""Taking back what a run did: each undo is a value that the journal keeps, and can be repeated."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from core.errors import CommandFailed
from core.podman.engine import Engine, Thing
from core.podman.model import Inspection, Kind


class UndoKind(StrEnum):
    """What to do, and on which host."""

    DISCARD_ARCHIVE = "discard archive"
    """Target: also waits until no restore works on it any more."""
    REMOVE_CONTAINER = "remove container"
    """Target, by ID."""
    REMOVE_PLAYED = "remove played pod"
    """Target, by name; `value` is RUNS if its containers are to run."""
    REMOVE_POD = "remove pod"
    """Target, by ID."""
    REMOVE_VOLUME = "remove volume"
    """Target."""
    RELEASE_NETWORK = "remove network"
    """Target; stays while anything uses it."""
    RELEASE_IMAGE = "remove image"
    """Target; stays while anything uses it."""
    RESTORE_SOURCE = "restore on source"
    """Source container, from its own checkpoint."""
    START_SOURCE = "start on source"
    """Source item; `value` is its kind."""
    SET_RESTART = "set restart policy"
    """Source container; `value` is the policy."""


RUNS = "runs"
RUNNABLE = (UndoKind.DISCARD_ARCHIVE, UndoKind.REMOVE_CONTAINER, UndoKind.REMOVE_PLAYED)
"""What may run, or come to run, on the target: gone before anything runs on the source again."""
ON_SOURCE = (UndoKind.RESTORE_SOURCE, UndoKind.START_SOURCE, UndoKind.SET_RESTART)
SHARED = (UndoKind.RELEASE_NETWORK, UndoKind.RELEASE_IMAGE)
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
    restored = any(u.kind in (UndoKind.REMOVE_CONTAINER, UndoKind.REMOVE_PLAYED) for u in newest)
    runnable = [u for u in newest if u.kind in RUNNABLE]
    runnable.sort(key=lambda u: u.kind is not UndoKind.DISCARD_ARCHIVE)
    source = [u for u in newest if u.kind in ON_SOURCE]
    rest = [u for u in newest if u.kind not in (*RUNNABLE, *ON_SOURCE)]
    return [*runnable, *source, *rest] if restored else [*source, *runnable, *rest]


async def carry_out(undo: Undo, source: Engine, target: Engine) -> str:
    """Take one thing back; what the operator should know of it, if anything.

    Raises PodferryError; safe to repeat.
    """
    match undo.kind:
        case UndoKind.DISCARD_ARCHIVE:
            await target.discard(undo.subject)
        case UndoKind.REMOVE_CONTAINER:
            await target.remove(Kind.CONTAINER, undo.subject)
        case UndoKind.REMOVE_PLAYED | UndoKind.REMOVE_POD:
            await target.remove(Kind.POD, undo.subject)
        case UndoKind.REMOVE_VOLUME:
            await target.remove_volume(undo.subject)
        case UndoKind.RELEASE_NETWORK | UndoKind.RELEASE_IMAGE:
            remove = (
                target.remove_network
                if undo.kind is UndoKind.RELEASE_NETWORK
                else target.remove_image
            )
            # Podman refuses while a container uses it, and then it must stay.
            with contextlib.suppress(CommandFailed):
                await remove(undo.subject)
        case UndoKind.RESTORE_SOURCE:
            return await restore_source(undo.subject, source)
        case UndoKind.START_SOURCE:
            await source.start(Kind(undo.value), undo.subject)
        case UndoKind.SET_RESTART:
            await source.set_restart_policy(undo.subject, undo.value)
    return ""


async def restore_source(container_id: str, source: Engine) -> str:
    """Have the source run a container again that may or may not have been dumped.

    Some programs end right after any restore: CRIU lets a sleeping system call return early
    (EINTR), which sleep(1) of busybox takes for its end. Such a one is started afresh.
    """

    async def runs() -> bool:
        return is_running(await source.inspect(Thing.CONTAINER, container_id))

    if await runs():
        return ""
    try:
        await source.restore_in_place(container_id)
    except CommandFailed as failure:
        # The dump's own watchdog may have been faster.
        if await runs():
            return ""
        raise CommandFailed(
            "it could not be restored from its checkpoint",
            host=source.label,
            detail=failure.detail,
            now=f"It is stopped on {source.label}; its checkpoint is kept there.",
            todo="`podman container restore` there tries again; `podman start` starts it afresh, "
            "without its memory.",
        ) from failure
    if await runs():
        return ""
    await source.start(Kind.CONTAINER, container_id)
    return (
        f"{source.label}: it ended right after its restore from its own checkpoint, "
        "and was started afresh: what it had in memory is lost"
    )


def is_running(inspection: Inspection | None) -> bool:
    """Whether an inspected container runs, by Podman's word and with a process."""
    state = (inspection or {}).get("State") or {}
    return bool(state.get("Running")) and int(state.get("Pid") or 0) > 0
