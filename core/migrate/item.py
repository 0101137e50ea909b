"""Carrying one item over: its steps in order, and back again when one fails."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from core.errors import HostUnreachable, ItemBlocked, PodferryError
from core.journal.journal import log_path
from core.migrate import steps
from core.migrate.claims import Claims
from core.migrate.context import Context, whole
from core.migrate.events import (
    CameUp,
    ItemEnded,
    ItemResult,
    ItemStarted,
    Note,
    Outcome,
    Progress,
    RollingBack,
    StepEnded,
    StepOutcome,
    StepStarted,
    WentDown,
)
from core.migrate.explain import explain, known
from core.migrate.transfer import Meter, opened, transfer
from core.migrate.undo import (
    ON_SOURCE,
    RUNNABLE,
    SHARED,
    Undo,
    UndoKind,
    carry_out,
    in_order,
    leave_tidy,
)
from core.migrate.witness import Witness
from core.plan.model import ItemPlan, Step, StepKind
from core.podman.engine import Engine
from core.podman.streams import Incoming, Outgoing

_log = logging.getLogger(__name__)
_BRINGS_TO_LIFE = (StepKind.RESTORE, StepKind.PLAY, StepKind.START, StepKind.START_OLD)
_TAKES_DOWN = (StepKind.DUMP, StepKind.STOP)
_NO_SPACE = "no-space"
"""The catalogue's word for a full disk."""


class ItemRun:
    """One item on its way."""

    def __init__(
        self,
        plan: ItemPlan,
        context: Context,
        undos: Sequence[tuple[int, Undo]] = (),
        leave: Callable[[], None] = lambda: None,
    ) -> None:
        """`undos` are those that the journal has of an item that is resumed, with their numbers.

        `leave` is called when the item only has to be watched any more: others may begin.
        """
        self.plan = plan
        self.context = context
        self._meters: list[Meter] = []
        self.stream: Meter | None = None
        """The stream that is under way."""
        self.archives: dict[str, str] = {}
        """Container ID to its archive on the target."""
        self.made_early: set[str] = set()
        """IDs of containers that the target may have made for their archives."""
        self.notes: dict[str, str] = {}
        """Volume to the note of its first pass on the source."""
        self.runtimes: dict[str, str] = {}
        """Container ID to its OCI runtime."""
        self.flags = set(plan.flags)
        """What its dumps and restores need; a dump that fails may show more."""
        self.claims = Claims(plan, self._run_id, context.source, context.target)
        self.witness = Witness(plan, context)
        self.rolling_back = False
        self._leave = leave
        self.resumed = False
        """Its steps are carried out once more, and may find their work done."""
        self._undos = list(undos)
        self._down_since: float | None = None
        self._downtime_s: float | None = None

    async def go(self) -> ItemResult:
        """Move the item; whatever happens, the result says what is true."""
        self.context.emit(ItemStarted(self.plan.name, time.time()))
        async with self.claims:
            self.witness.begin()
            try:
                return await self._forward(0)
            finally:
                self.witness.end()

    async def finish(self) -> ItemResult:
        """Carry out what is left of a move whose target copy runs; under claims that are held."""
        self.resumed = True
        alive = max(i for i, s in enumerate(self.plan.steps) if s.kind in _BRINGS_TO_LIFE)
        return await self._forward(alive + 1)

    async def take_back(self, reason: str) -> ItemResult:
        """Undo all that the journal says was done; under claims that are held."""
        return await self._back(Outcome.ROLLED_BACK, reason)

    async def give_up(self, reason: str) -> ItemResult:
        """Leave it as it is, for the operator."""
        return await self._end(Outcome.FAILED, reason)

    async def _forward(self, first: int) -> ItemResult:
        try:
            await self.claims.take_both()
            for index, step in enumerate(self.plan.steps):
                if index >= first:
                    if step.kind in _TAKES_DOWN:
                        await self.witness.seen_before()
                    await self._step(index, step)
            await self._tidied()
            await self._watched()
            return await self._end(Outcome.MOVED, "")
        except asyncio.CancelledError:
            return await self._back(Outcome.CANCELLED, "cancelled by the operator")
        except ItemBlocked as error:
            return await self._back(Outcome.BLOCKED, str(error))
        except PodferryError as error:
            return await self._back(Outcome.ROLLED_BACK, self._reason(error))
        except Exception as error:
            _log.exception("item %s", self.plan.name)
            return await self._back(Outcome.ROLLED_BACK, f"a defect in Podferry: {error!r}")

    @property
    def _run_id(self) -> str:
        return self.context.journal.path.stem

    @property
    def _bytes(self) -> int:
        """What it has moved between the hosts so far."""
        return sum(meter.done_bytes for meter in self._meters)

    async def _step(self, index: int, step: Step) -> None:
        name, emit = self.plan.name, self.context.emit
        if self.claims.lost:
            raise HostUnreachable("the connection that kept others off it was lost", item=name)
        seq = await self.context.journal.intend(name, step.title)
        emit(StepStarted(name, index, step.title, time.time()))
        before = self._bytes
        try:
            detail = await steps.STEPS[step.kind](self, step)
        except BaseException as error:
            cancelled = isinstance(error, asyncio.CancelledError)
            text = "cancelled" if cancelled else _told(error)
            moved = self._bytes - before
            emit(StepEnded(name, index, StepOutcome.FAILED, text, time.time(), moved))
            await whole(self.context.journal.settle(seq, StepOutcome.FAILED, text[:2000]))
            raise
        outcome = StepOutcome.SKIPPED if detail == steps.SKIPPED else StepOutcome.DONE
        emit(StepEnded(name, index, outcome, detail, time.time(), self._bytes - before))
        await self.context.journal.settle(seq, outcome, detail)

    async def _tidied(self) -> None:
        try:
            await whole(self.discard_archives())
        except PodferryError as error:
            self.note(f"archives or notes were left on {error.host or 'a host'}: {error.what}")

    async def _watched(self) -> None:
        """See to it that it stays alive there. Raises PodferryError if it does not."""
        if not self.witness.watches:
            return
        name, index = self.plan.name, len(self.plan.steps)
        self._leave()
        # Connections that keep others off are few, and items that are watched may be many. What
        # is unfinished in a journal is kept from other runs of this machine all the same.
        await whole(self.claims.let_go())
        dwell_s = self.context.watch.dwell_s
        title = f"watch {name} for {dwell_s:g} s" if dwell_s else f"compare {name}"
        seq = await self.context.journal.intend(name, title)
        self.context.emit(StepStarted(name, index, title, time.time()))
        try:
            told = await self.witness.watch(self.note)
        except PodferryError as error:
            self.context.emit(StepEnded(name, index, StepOutcome.FAILED, _told(error), time.time()))
            await whole(self.context.journal.settle(seq, StepOutcome.FAILED, _told(error)[:2000]))
            raise
        self.context.emit(StepEnded(name, index, StepOutcome.DONE, told, time.time()))
        await self.context.journal.settle(seq, StepOutcome.DONE, told)

    async def discard_archives(self) -> None:
        """Delete what was received or noted; whoever restores from it still is waited for."""
        source, target = self.context.source, self.context.target
        for seq, undo in list(self._undos):
            if undo.kind in (UndoKind.DISCARD_ARCHIVE, UndoKind.DISCARD_NOTE):
                await self._undo(undo, source if undo.kind in ON_SOURCE else target)
                await self._forget(seq)

    # What steps do by it.

    async def carry(
        self,
        outgoing: Awaitable[Outgoing],
        incoming: Awaitable[Incoming],
        total_bytes: int | None = None,
    ) -> None:
        """Open both ends at once and move the bytes; an end without the other is closed."""
        meter = Meter(total_bytes=total_bytes)
        out, into = await opened(outgoing, incoming)
        self._meters.append(meter)
        self.stream = meter
        try:
            await transfer(out, into, meter)
        finally:
            self.stream = None
        done = meter.done_bytes
        self.context.emit(Progress(self.plan.name, done, done, 0.0, None))

    # What steps tell.

    def note(self, text: str) -> None:
        """Tell the operator something."""
        self.context.emit(Note(self.plan.name, text))

    async def will_undo(self, kind: UndoKind, subject: str, value: str = "") -> None:
        """Write down how to take back what comes next, before it comes.

        It takes the place of what was noted of the same kind for the same subject.
        """
        undo = Undo(kind, subject, value)
        seq = await whole(self.context.journal.add_undo(self.plan.name, undo.to_json()))
        for before, noted in list(self._undos):
            if (noted.kind, noted.subject) == (kind, subject):
                await whole(self._forget(before))
        self._undos.append((seq, undo))
        if kind in SHARED:
            self.context.made[kind, subject] = seq

    async def is_known_as(self, kind: UndoKind, subject: str) -> None:
        """What the last undo takes back is there now, and has a better name."""
        seq, undo = self._undos[-1]
        if undo.kind is kind:
            await self.will_undo(kind, subject, undo.value)
            await whole(self._forget(seq))

    async def did_nothing(self, kind: UndoKind) -> None:
        """What was to be undone last did not happen: somebody else's thing is in its place."""
        seq, undo = self._undos[-1]
        if undo.kind is kind:
            self.context.made.pop((kind, undo.subject), None)
            await whole(self._forget(seq))

    async def _forget(self, seq: int) -> None:
        self._undos = [(number, undo) for number, undo in self._undos if number != seq]
        await self.context.journal.undone([seq])

    def went_down(self) -> None:
        """The downtime clock starts, once."""
        if self._down_since is None:
            self._down_since = time.monotonic()
            self.context.emit(WentDown(self.plan.name, time.time()))

    def stayed_up(self) -> None:
        """A dump failed, and the source runs it as before: the clock begins anew."""
        self._down_since = None

    def came_up(self, host: str) -> None:
        """First proof of life: the downtime clock stops."""
        if self._down_since is not None and self._downtime_s is None:
            self._downtime_s = time.monotonic() - self._down_since
            self.context.emit(CameUp(self.plan.name, host, self._downtime_s))

    # The way back.

    async def _back(self, outcome: Outcome, reason: str) -> ItemResult:
        self.rolling_back = True
        async with self.context.returning:
            return await whole(self._roll_back(outcome, reason))

    async def _roll_back(self, outcome: Outcome, reason: str) -> ItemResult:
        source, target = self.context.source, self.context.target
        await self.context.journal.turn_back(self.plan.name, reason)
        self.context.emit(RollingBack(self.plan.name, reason))
        if self._undos:
            # A clock that had stopped on the target goes on: the item is taken down there again.
            self._downtime_s = None
        seqs = {undo: seq for seq, undo in self._undos}
        dumped = {undo for _, undo in self._undos if undo.kind is UndoKind.RESTORE_SOURCE}
        left: list[str] = []
        for undo in in_order([undo for _, undo in self._undos if undo.kind not in SHARED]):
            host = source if undo.kind in ON_SOURCE else target
            try:
                told = await self._undo(undo, host)
            except PodferryError as error:
                left.append(f"{undo.kind} {undo.subject[:24]} on {host.label}: {_told(error)}")
                if undo.kind in RUNNABLE and isinstance(error, HostUnreachable):
                    return await self._end(Outcome.FAILED, self._stuck(reason))
                if undo.kind in RUNNABLE[1:]:
                    return await self._end(Outcome.FAILED, f"{reason}\n" + "\n".join(left))
                continue
            reason += f"\n{told}" if told else ""
            await self._forget(seqs[undo])
            if undo.kind in (UndoKind.RESTORE_SOURCE, UndoKind.START_SOURCE):
                self.came_up(source.label)
        try:
            for undo in dumped - {undo for _, undo in self._undos}:
                told = await self.context.patiently(source, partial(self._tidy, undo))
                reason += f"\n{told}" if told else ""
            await self.context.patiently(target, lambda: self.context.release(self.plan.name))
        except PodferryError as error:
            left.append(_told(error))
        if left:
            return await self._end(Outcome.FAILED, f"{reason}\n" + "\n".join(left))
        return await self._end(outcome, reason)

    async def _undo(self, undo: Undo, host: Engine) -> str:
        context = self.context
        seq = await context.journal.intend(self.plan.name, f"undo: {undo.kind} {undo.subject}")

        async def undone() -> str:
            await self.claims.take(host)
            return await carry_out(undo, context.source, context.target)

        try:
            told = await context.patiently(host, undone)
        except PodferryError as error:
            await context.journal.settle(seq, StepOutcome.FAILED, str(error)[:2000])
            raise
        await context.journal.settle(seq, StepOutcome.DONE, told)
        return told

    async def _tidy(self, undo: Undo) -> str:
        return await leave_tidy(undo.subject, undo.value, self.context.source)

    def _reason(self, error: PodferryError) -> str:
        text, means = explain(error), known(error)
        if means and means.id == _NO_SPACE:
            text += f"\nAbout {self.plan.estimated_bytes / 2**20:.0f} MiB are needed."
        if means and means.key:
            hosts = f"{self.context.source.label} {self.context.target.label}"
            text += f"\nA fix: p and f in the app, or podferry fix {hosts} {means.check}"
        if error.detail:
            _log.warning("item %s of run %s: %s", self.plan.name, self._run_id, text)
            text += f"\nPodferry's log: {log_path()}"
        return text

    def _stuck(self, reason: str) -> str:
        source, target = self.context.source.label, self.context.target.label
        return (
            f"{reason}\n{target} cannot be reached and may hold a running copy, so {source} was "
            f"left stopped, with its checkpoint. When {target} is back: "
            f"podferry rollback {self._run_id} {self.plan.name}"
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
            bytes=self._bytes,
            reason=reason,
            losses=self.plan.losses if outcome is Outcome.MOVED else (),
        )
        await self.context.journal.end_item(
            result.name, outcome, downtime, result.bytes, result.reason
        )
        self.context.emit(ItemEnded(result, time.time()))
        return result


def _told(error: BaseException) -> str:
    if isinstance(error, PodferryError):
        return explain(error)
    return str(error) or type(error).__name__
