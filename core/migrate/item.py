"""Carrying one item over: its steps in order, and back again when one fails."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from contextlib import AsyncExitStack

from core.errors import HostUnreachable, ItemBlocked, PodferryError
from core.migrate import steps
from core.migrate.context import Context, whole
from core.migrate.events import (
    CameUp,
    ItemEnded,
    ItemResult,
    ItemStarted,
    Note,
    Outcome,
    RollingBack,
    StepEnded,
    StepOutcome,
    StepStarted,
    WentDown,
)
from core.migrate.transfer import Meter
from core.migrate.undo import ON_SOURCE, RUNNABLE, SHARED, Undo, UndoKind, carry_out, in_order
from core.plan.model import ItemPlan, Step
from core.podman.engine import Engine

_log = logging.getLogger(__name__)
_DISK_FULL = re.compile(r"No space left on device|Wrote only \d+ of \d+ bytes")
"""What programs, and GNU tar in its own words, say of ENOSPC."""


class ItemRun:
    """One item on its way."""

    def __init__(self, plan: ItemPlan, context: Context) -> None:
        self.plan = plan
        self.context = context
        self.meters: list[Meter] = []
        self.stream: Meter | None = None
        """The stream that is under way."""
        self.archives: dict[str, str] = {}
        """Container ID to its archive on the target."""
        self.runtimes: dict[str, str] = {}
        """Container ID to its OCI runtime."""
        self.closes_tcp = False
        """Connections were dumped and are to be closed at the restore."""
        self.rolling_back = False
        self._undos: list[tuple[int, Undo]] = []
        self._down_since: float | None = None
        self._downtime_s: float | None = None

    async def go(self) -> ItemResult:
        """Move the item; whatever happens, the result says what is true."""
        context = self.context
        context.emit(ItemStarted(self.plan.name, time.time()))
        async with AsyncExitStack() as stack:
            try:
                owner = context.journal.path.stem
                await stack.enter_async_context(context.source.claim(self.plan.id, owner))
                for index, step in enumerate(self.plan.steps):
                    await self._step(index, step)
                return await self._moved()
            except asyncio.CancelledError:
                return await self._back(Outcome.CANCELLED, "cancelled by the operator")
            except ItemBlocked as error:
                return await self._back(Outcome.BLOCKED, str(error))
            except PodferryError as error:
                return await self._back(Outcome.ROLLED_BACK, self._reason(error))
            except Exception as error:
                _log.exception("item %s", self.plan.name)
                return await self._back(Outcome.ROLLED_BACK, f"a defect in Podferry: {error!r}")

    async def _step(self, index: int, step: Step) -> None:
        name, emit = self.plan.name, self.context.emit
        seq = await self.context.journal.intend(name, step.title)
        emit(StepStarted(name, index, step.title, time.time()))
        try:
            detail = await steps.STEPS[step.kind](self, step)
        except BaseException as error:
            cancelled = isinstance(error, asyncio.CancelledError)
            text = "cancelled" if cancelled else str(error) or type(error).__name__
            emit(StepEnded(name, index, StepOutcome.FAILED, text, time.time()))
            await whole(self.context.journal.settle(seq, StepOutcome.FAILED, text[:2000]))
            raise
        outcome = StepOutcome.SKIPPED if detail == steps.SKIPPED else StepOutcome.DONE
        emit(StepEnded(name, index, outcome, detail, time.time()))
        await self.context.journal.settle(seq, outcome, detail)

    async def _moved(self) -> ItemResult:
        for archive in self.archives.values():
            try:
                await whole(self.context.target.discard(archive))
            except PodferryError as error:
                self.note(f"{archive} was left on {self.context.target.label}: {error.what}")
        return await self._end(Outcome.MOVED, "")

    # What steps tell.

    def note(self, text: str) -> None:
        """Tell the operator something."""
        self.context.emit(Note(self.plan.name, text))

    async def will_undo(self, kind: UndoKind, subject: str, value: str = "") -> None:
        """Write down how to take back what comes next, before it comes."""
        undo = Undo(kind, subject, value)
        seq = await whole(self.context.journal.add_undo(self.plan.name, undo.to_json()))
        self._undos.append((seq, undo))

    async def did_nothing(self, kind: UndoKind) -> None:
        """What was to be undone last did not happen: somebody else's thing is in its place."""
        seq, undo = self._undos[-1]
        if undo.kind is kind:
            self._undos.pop()
            await whole(self.context.journal.undone([seq]))

    def went_down(self) -> None:
        """The downtime clock starts, once."""
        if self._down_since is None:
            self._down_since = time.monotonic()
            self.context.emit(WentDown(self.plan.name, time.time()))

    def came_up(self, host: str) -> None:
        """First proof of life: the downtime clock stops."""
        if self._down_since is not None and self._downtime_s is None:
            self._downtime_s = time.monotonic() - self._down_since
            self.context.emit(CameUp(self.plan.name, host, self._downtime_s))

    # The way back.

    async def _back(self, outcome: Outcome, reason: str) -> ItemResult:
        self.rolling_back = True
        return await whole(self._roll_back(outcome, reason))

    async def _roll_back(self, outcome: Outcome, reason: str) -> ItemResult:
        source, target = self.context.source, self.context.target
        self.context.emit(RollingBack(self.plan.name, reason))
        if self._undos:
            # A clock that had stopped on the target goes on: the item is taken down there again.
            self._downtime_s = None
        seqs = {undo: seq for seq, undo in self._undos}
        left: list[str] = []
        for undo in in_order([undo for _, undo in self._undos if undo.kind not in SHARED]):
            host = source if undo.kind in ON_SOURCE else target
            try:
                told = await self._undo(undo, host)
            except PodferryError as error:
                left.append(f"{undo.kind} {undo.subject[:24]} on {host.label}: {error}")
                if undo.kind in RUNNABLE and isinstance(error, HostUnreachable):
                    return await self._end(Outcome.FAILED, self._stuck(reason))
                if undo.kind in RUNNABLE[1:]:
                    return await self._end(Outcome.FAILED, f"{reason}\n" + "\n".join(left))
                continue
            reason += f"\n{told}" if told else ""
            await self.context.journal.undone([seqs[undo]])
            if undo.kind in (UndoKind.RESTORE_SOURCE, UndoKind.START_SOURCE):
                self.came_up(source.label)
        try:
            await self.context.patiently(target, lambda: self.context.release(self.plan.name))
        except PodferryError as error:
            left.append(str(error))
        if left:
            return await self._end(Outcome.FAILED, f"{reason}\n" + "\n".join(left))
        return await self._end(outcome, reason)

    async def _undo(self, undo: Undo, host: Engine) -> str:
        context = self.context
        seq = await context.journal.intend(self.plan.name, f"undo: {undo.kind} {undo.subject}")
        try:
            told = await context.patiently(
                host, lambda: carry_out(undo, context.source, context.target)
            )
        except PodferryError as error:
            await context.journal.settle(seq, StepOutcome.FAILED, str(error)[:2000])
            raise
        await context.journal.settle(seq, StepOutcome.DONE, told)
        return told

    def _reason(self, error: PodferryError) -> str:
        text = str(error)
        if _DISK_FULL.search(text):
            needed = self.plan.estimated_bytes / 2**20
            text += f"\nThe disk is full there: about {needed:.0f} MiB are needed."
        return text

    def _stuck(self, reason: str) -> str:
        source, target = self.context.source.label, self.context.target.label
        return (
            f"{reason}\n{target} cannot be reached and may hold a running copy, so {source} was "
            f"left stopped, with its checkpoint. When {target} is back: "
            f"podferry rollback {self.context.journal.path.stem} {self.plan.name}"
        )

    async def _end(self, outcome: Outcome, reason: str) -> ItemResult:
        downtime = self._downtime_s
        if downtime is None and self._down_since is not None:
            downtime = time.monotonic() - self._down_since
        result = ItemResult(
            name=self.plan.name,
            kind=self.plan.kind,
            route=self.plan.route,
            outcome=outcome,
            downtime_s=downtime,
            bytes=sum(meter.done_bytes for meter in self.meters),
            reason=reason,
            losses=self.plan.losses if outcome is Outcome.MOVED else (),
        )
        await self.context.journal.end_item(
            result.name, outcome, downtime, result.bytes, result.reason
        )
        self.context.emit(ItemEnded(result, time.time()))
        return result
