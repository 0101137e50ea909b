"""The runner: carries a plan out, several items at once, and speaks only through events."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Mapping

from core.errors import PodferryError
from core.evidence.watch import Watch
from core.journal.history import open_items
from core.journal.journal import Journal, new_run_id
from core.migrate.audience import Audience, Listener
from core.migrate.chronicle import Chronicle
from core.migrate.context import PATIENCE_S, Context
from core.migrate.events import (
    Cancel,
    CommandRan,
    ItemEnded,
    ItemResult,
    Outcome,
    Progress,
    RunEnded,
    RunStarted,
)
from core.migrate.item import ItemRun
from core.migrate.memo import to_memo
from core.migrate.transfer import Meter
from core.plan.model import ItemPlan, Plan
from core.podman.engine import Engine
from core.podman.outcomes import CommandRecord

JOBS = 4
"""Items at once, unless told otherwise."""
_TICK_S = 0.5
_WINDOW = 10
"""Ticks over which the rate is measured, so that the ETA does not swing."""

_log = logging.getLogger(__name__)


class _Slot:
    """One of the items at once. Whoever only watches leaves it to the next."""

    def __init__(self, slots: asyncio.Semaphore) -> None:
        self._slots = slots
        self._held = False

    async def take(self) -> None:
        self._held = await self._slots.acquire()

    def leave(self) -> None:
        """Safe to repeat."""
        if self._held:
            self._held = False
            self._slots.release()


class Runner:
    """One run."""

    outlives = False
    """It ends with the process that it is in."""

    def __init__(
        self,
        plan: Plan,
        source: Engine,
        target: Engine,
        *,
        jobs: int = JOBS,
        patience_s: float = PATIENCE_S,
        run_id: str = "",
        watch: Watch | None = None,
    ) -> None:
        """`watch` is how items are watched where they arrive; None: as this machine is set.

        `run_id` is made here, unless somebody has to know it beforehand.
        """
        self.plan = plan
        self.run_id = run_id or new_run_id()
        self._source = source
        self._target = target
        self._slots = asyncio.Semaphore(max(1, jobs))
        self._jobs = jobs
        self._patience_s = patience_s
        self._watch = watch or Watch.configured()
        self._audience = Audience()
        self._tasks: dict[str, asyncio.Task[ItemResult]] = {}
        self._left_open: Mapping[str, str] = {}
        """ID of an item that another run left unfinished, to what the operator is told of it."""
        self._begun: set[str] = set()
        self._cancelled: set[str] = set()
        """Also those that have not begun: a task that is cancelled before it runs tells nothing."""
        self._active: dict[str, ItemRun] = {}
        self._rates: dict[str, deque[tuple[float, int]]] = {}

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """See Audience."""
        return self._audience.subscribe(listener)

    def tell(self, command: Cancel) -> None:
        """Cancel an item or all: they end on the source, running."""
        for item in self.plan.ready:
            if command.item not in (None, item.name):
                continue
            self._cancelled.add(item.name)
            active = self._active.get(item.name)
            if item.name in self._begun and not (active and active.rolling_back):
                self._tasks[item.name].cancel()

    async def run(self) -> tuple[ItemResult, ...]:
        """Carry the plan out. Results are in the plan's order."""
        # Before its own journal is one of them.
        self._left_open = {
            item: f"run {left} left it unfinished: podferry resume {left} brings it to an end first"
            for item, left in open_items().items()
        }
        journal = Journal.create(
            self.run_id,
            self.plan.source,
            self.plan.target,
            [(i.name, i.id, i.kind, i.route) for i in self.plan.items],
            memos={i.name: to_memo(i) for i in self.plan.items},
            stores=(self._source.info.store_id, self._target.info.store_id),
        )
        context = Context(
            self.plan,
            self._source,
            self._target,
            journal,
            self._audience.tell,
            self._patience_s,
            self._watch,
        )
        chronicle = Chronicle(self.run_id, self._source, self._target)
        self.subscribe(chronicle.hear)
        for engine in (self._source, self._target):
            engine.on_command = self._heard
        self._audience.tell(RunStarted(self.run_id, self.plan, time.time()))
        ticker = asyncio.create_task(self._tick())
        try:
            for item in self.plan.items:
                self._tasks[item.name] = asyncio.create_task(self._item(item, context))
            # Items look and stage meanwhile, and wait for connections when they stream.
            ended = asyncio.gather(*self._tasks.values())
            _, results = await asyncio.gather(self._warm(), ended)
        finally:
            ticker.cancel()
            for engine in (self._source, self._target):
                engine.on_command = None
            journal.close()
        self._audience.tell(RunEnded(self.run_id, tuple(results), time.time()))
        chronicle.close()
        return tuple(results)

    async def _warm(self) -> None:
        streams = min(self._jobs, len(self.plan.ready))
        try:
            await asyncio.gather(self._source.warm(streams), self._target.warm(streams))
        except PodferryError as error:
            _log.warning("connections for streams could not be made beforehand: %s", error)

    def _heard(self, record: CommandRecord) -> None:
        self._audience.tell(CommandRan(record))

    async def _item(self, plan: ItemPlan, context: Context) -> ItemResult:
        blocks = plan.blocks or tuple(filter(None, [self._left_open.get(plan.id)]))
        if blocks:
            return await self._ended(plan, context, Outcome.BLOCKED, "; ".join(blocks))
        self._begun.add(plan.name)
        slot = _Slot(self._slots)
        try:
            if plan.name not in self._cancelled:
                await slot.take()
        except asyncio.CancelledError:
            self._cancelled.add(plan.name)
        if plan.name in self._cancelled:
            slot.leave()
            await context.release(plan.name)
            return await self._ended(plan, context, Outcome.CANCELLED, "cancelled in time")
        try:
            run = self._active[plan.name] = ItemRun(plan, context, leave=slot.leave)
            return await run.go()
        except Exception as error:
            _log.exception("item %s", plan.name)
            reason = f"a defect in Podferry, look at both hosts: {error!r}"
            return await self._ended(plan, context, Outcome.FAILED, reason)
        finally:
            self._active.pop(plan.name, None)
            slot.leave()

    async def _ended(
        self, plan: ItemPlan, context: Context, outcome: Outcome, reason: str
    ) -> ItemResult:
        result = ItemResult(plan.name, plan.kind, plan.route, outcome, None, 0, reason)
        await context.journal.end_item(plan.name, outcome, None, 0, reason)
        self._audience.tell(ItemEnded(result, time.time()))
        return result

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK_S)
            for name, run in list(self._active.items()):
                if run.stream:
                    self._audience.tell(self._progress(name, run.stream))

    def _progress(self, name: str, meter: Meter) -> Progress:
        window = self._rates.setdefault(name, deque(maxlen=_WINDOW))
        now, done = time.monotonic(), meter.done_bytes
        if window and done < window[-1][1]:
            window.clear()
        window.append((now, done))
        (then, before), total = window[0], meter.total_bytes
        rate = (done - before) / (now - then) if now > then else 0.0
        eta = (total - done) / rate if total and rate and total > done else None
        return Progress(name, done, total, rate, eta)
