"""Carrying on with a run that was broken off: each item goes forward or back, by what is true."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from core.checks.survey import complete, survey
from core.errors import PodferryError, UsageError
from core.journal.history import unfinished
from core.journal.journal import Journal, JournalItem, JournalRun
from core.migrate.chronicle import Chronicle
from core.migrate.context import PATIENCE_S, Context
from core.migrate.events import CommandRan, Event, ItemResult, ItemStarted, Outcome
from core.migrate.explain import explain
from core.migrate.item import ItemRun
from core.migrate.memo import from_memo
from core.migrate.runner import JOBS, Runner
from core.migrate.truth import Direction, Truth, Way, decide, look, still_down
from core.migrate.undo import SHARED, Undo
from core.plan.model import Plan
from core.plan.planner import make_plan
from core.podman.engine import Engine

Choice = Mapping[str, Direction | None]
"""The items to resume, by name; None leaves the direction to what is true."""
Emit = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class Resumed:
    """What became of an item."""

    name: str
    outcome: Outcome
    """MOVED, ROLLED_BACK or FAILED."""
    run: str
    """The run that it belongs to now: another one if it was moved again."""
    runs_on: str = ""
    """The host that runs it; empty if none does, or if that cannot be told."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """An unfinished item, what is true of it, and where it goes by default."""

    item: JournalItem
    truth: Truth
    way: Way


def choose(run: JournalRun, names: Sequence[str], wish: Direction | None) -> Choice:
    """The items named, else all that are unfinished. Raises UsageError."""
    left = [item.name for item in unfinished(run)]
    for name in names:
        if name not in left:
            raise UsageError(
                f"run {run.id} left no item {name} unfinished",
                todo=f"Unfinished are: {', '.join(left) or 'none'}.",
            )
    return {name: wish for name in left if not names or name in names}


def require_same_hosts(run: JournalRun, source: Engine, target: Engine) -> None:
    """Raise UsageError if another store than the run's answers to one of its addresses."""
    for engine, store in ((source, run.source_store), (target, run.target_store)):
        if store and engine.info.store_id and engine.info.store_id != store:
            raise UsageError(
                f"{engine.label} is not the host that run {run.id} worked on, or has a new store",
                todo="Let the name lead to that host again. Nothing was done.",
            )


async def find(run: JournalRun, source: Engine, target: Engine) -> tuple[Found, ...]:
    """Look at all unfinished items. Raises PodferryError."""
    require_same_hosts(run, source, target)

    async def one(item: JournalItem) -> Found:
        truth = await _look(item, source, target)
        return Found(item, truth, decide(truth, None))

    return tuple(await asyncio.gather(*(one(item) for item in unfinished(run))))


async def resume(
    journal: Journal,
    source: Engine,
    target: Engine,
    choice: Choice,
    emit: Emit,
    *,
    patience_s: float = PATIENCE_S,
) -> tuple[Resumed, ...]:
    """Bring each chosen item to an end; safe to repeat, and to break off. Raises PodferryError."""
    run = await journal.read()
    require_same_hosts(run, source, target)
    chronicle = Chronicle(run.id, source, target)

    def tell(event: Event) -> None:
        chronicle.hear(event)
        emit(event)

    context = _context(run, source, target, journal, tell, patience_s)
    slots = asyncio.Semaphore(JOBS)

    async def one(item: JournalItem) -> tuple[Resumed, Way]:
        async with slots:
            return await _Resuming(item, context).go(choice[item.name])

    for engine in (source, target):
        engine.on_command = lambda record: tell(CommandRan(record))
    try:
        done = await asyncio.gather(*(one(i) for i in unfinished(run) if i.name in choice))
    finally:
        for engine in (source, target):
            engine.on_command = None
        chronicle.close()
    again = {r.name for r, way in done if way is Way.AGAIN and r.outcome is Outcome.ROLLED_BACK}
    moved = await _move_again([i for i in run.items if i.name in again], source, target, emit)
    return tuple(moved.get(resumed.name, resumed) for resumed, _ in done)


class _Resuming:
    """One item."""

    def __init__(self, item: JournalItem, context: Context) -> None:
        self._item = item
        self._context = context
        self._plan = from_memo(item)
        self._run = ItemRun(self._plan, context, _undos(item))

    async def go(self, wish: Direction | None) -> tuple[Resumed, Way]:
        """Look, decide, act; a failure stays with the item."""
        context = self._context
        context.emit(ItemStarted(self._item.name, time.time()))
        way = Way.BACK if wish is not Direction.FORWARD else Way.AGAIN
        try:
            if not self._item.undos:
                return await self._told(await self._run.take_back("nothing was done to it")), way
            async with self._run.claims as claims:
                await claims.take_both()
                await self._quiesce()
                truth = await _look(self._item, context.source, context.target)
                way = decide(truth, wish)
                return await self._told(await self._act(way)), way
        except PodferryError as error:
            result = await self._run.give_up(explain(error))
            return Resumed(result.name, result.outcome, self._run_id, "", result.reason), way

    @property
    def _run_id(self) -> str:
        return self._context.journal.path.stem

    async def _quiesce(self) -> None:
        """Have both hosts at rest: what is seen of them stays so then."""
        context, plan = self._context, self._plan
        await self._run.discard_archives()
        await asyncio.gather(
            context.source.quiesce([plan.id, *plan.container_ids]),
            context.target.quiesce(
                [plan.name, f"{plan.name}-pod", "play", *plan.container_ids, *plan.containers]
            ),
        )

    async def _act(self, way: Way) -> ItemResult:
        source, target = self._context.source.label, self._context.target.label
        match way:
            case Way.FINISH:
                return await self._run.finish()
            case Way.NONE:
                return await self._run.give_up(
                    f"it runs on {source} and on {target}: somebody has started it on {source}\n"
                    f"Stop the copy on {source} and resume again to keep that on {target}, or "
                    f"resume --back to remove that on {target}."
                )
            case Way.BACK | Way.AGAIN:
                return await self._run.take_back(
                    self._item.back or f"broken off before {target} was seen to run it"
                )

    async def _told(self, result: ItemResult) -> Resumed:
        context = self._context
        truth = await _look(self._item, context.source, context.target)
        down = await still_down(self._plan, context.source)
        if result.outcome is Outcome.ROLLED_BACK and down:
            result = await self._run.give_up(
                f"{result.reason}\n{', '.join(down)} ran when the run began, and nothing that was "
                f"noted has it run on {context.source.label} again.\nStart it there: with "
                "`podman container restore` if it left a checkpoint, else with `podman start`. "
                "Then resume again."
            )
        runs_on = ""
        if truth.source_runs != truth.target_runs:
            runs_on = (context.source if truth.source_runs else context.target).label
        return Resumed(result.name, result.outcome, self._run_id, runs_on, result.reason)


def _undos(item: JournalItem) -> list[tuple[int, Undo]]:
    return [(int(data["seq"]), Undo.from_json(data)) for data in item.undos]


async def _look(item: JournalItem, source: Engine, target: Engine) -> Truth:
    undos = [undo for _, undo in _undos(item)]
    return await look(from_memo(item), undos, source, target, going_back=bool(item.back))


def _context(
    run: JournalRun,
    source: Engine,
    target: Engine,
    journal: Journal,
    emit: Emit,
    patience_s: float,
) -> Context:
    """Surroundings in which whatever has moved, or may still, keeps what it shares."""
    open_or_moved = [i for i in run.items if i.outcome in ("", Outcome.FAILED, Outcome.MOVED)]
    plan = Plan(run.source, run.target, tuple(map(from_memo, open_or_moved)))
    context = Context(plan, source, target, journal, emit, patience_s)
    for item in run.items:
        context.made.update(
            {(undo.kind, undo.subject): seq for seq, undo in _undos(item) if undo.kind in SHARED}
        )
    return context


async def _move_again(
    items: Sequence[JournalItem], source: Engine, target: Engine, emit: Emit
) -> Mapping[str, Resumed]:
    """A new run with the routes of old; what cannot move by now stays on the source."""
    if not items:
        return {}
    marks = {item.name: from_memo(item).route for item in items}
    facts = await complete(await survey(source, target, only=marks), source, marks)
    runner = Runner(make_plan(facts, marks), source, target)
    runner.subscribe(emit)
    told = {}
    for result in await runner.run():
        stayed = result.outcome in (Outcome.BLOCKED, Outcome.CANCELLED, Outcome.ROLLED_BACK)
        outcome = Outcome.ROLLED_BACK if stayed else result.outcome
        host = {Outcome.MOVED: target.label, Outcome.ROLLED_BACK: source.label}.get(outcome, "")
        told[result.name] = Resumed(result.name, outcome, runner.run_id, host, result.reason)
    return told
