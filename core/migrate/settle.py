"""The two ends of moved items: accept gives the source copies up, rollback brings them back."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

from core.errors import PodferryError, UsageError
from core.journal.history import past_runs
from core.journal.journal import Journal, JournalItem, JournalRun
from core.migrate.accept import Unverified, accept
from core.migrate.back import plan_back, take_away
from core.migrate.events import ItemResult, Outcome
from core.migrate.explain import explain
from core.migrate.memo import from_memo
from core.migrate.moved import look
from core.migrate.rollback import Offer, Way, offer, to_old_state
from core.migrate.runner import Runner
from core.migrate.truth import still_down
from core.plan.model import Plan
from core.podman.engine import Engine

ACCEPTED, ROLLED_BACK = "accepted", "rolled_back"
Conduct = Callable[[Plan], Awaitable[tuple[str, tuple[ItemResult, ...]]]]
"""Carries a plan out and shows it to whom it concerns; the run's ID, and its results."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of one item."""

    name: str
    done: bool
    reason: str = ""
    """Why it was not done, or what is to be told of it."""
    runs_on: str = ""
    """Label of the host that was seen to run it; empty if none was."""
    way: Way | None = None
    """Of a rollback."""
    unverified: bool = False
    """Of one that was not accepted: for want of evidence alone."""
    loss: str = ""
    """What of its time on the target did not come back, though it moved back."""


def choose(run: JournalRun, names: Sequence[str], decision: str) -> list[JournalItem]:
    """The items to settle: those named, else all that can be. Raises UsageError."""
    by_name = {item.name: item for item in run.items}
    for name in names:
        if name not in by_name:
            raise UsageError(f"run {run.id} has no item {name}")
        item = by_name[name]
        if item.settled:
            raise UsageError(f"{name} is {item.settled.replace('_', ' ')} already")
        if item.outcome not in _settleable(decision):
            raise UsageError(f"{name} did not move in this run: {item.outcome}")
    wanted = set(names) or set(by_name)
    return [
        item
        for item in run.items
        if item.name in wanted and not item.settled and item.outcome in _settleable(decision)
    ]


def _settleable(decision: str) -> tuple[str, ...]:
    """A run that was broken off leaves items without an outcome; they can be rolled back too."""
    return (Outcome.MOVED,) if decision == "accept" else (Outcome.MOVED, Outcome.FAILED, "")


async def accept_items(
    items: Sequence[JournalItem],
    journal: Journal,
    source: Engine,
    target: Engine | None,
    *,
    unverified: bool = False,
    volumes: bool = False,
) -> list[Settlement]:
    """Accept one item after the other; failures stay with their item."""
    results = []
    for item in items:
        try:
            async with source.claim(item.id, journal.path.stem):
                told = await accept(
                    item, journal, source, target, unverified=unverified, volumes=volumes
                )
                await journal.settle_item(item.name, ACCEPTED)
        except PodferryError as error:
            refused = await _settled(item, source, target, reason=explain(error))
            unseen = isinstance(error, Unverified)
            results.append(dataclasses.replace(refused, unverified=unseen))
        else:
            results.append(await _settled(item, source, target, done=True, reason=told))
    return results


async def offers(
    run: JournalRun,
    items: Sequence[JournalItem],
    source: Engine,
    target: Engine | None,
    asked: Way | None = None,
) -> list[Offer]:
    """How the items of a run can come back, by what is true now. Raises PodferryError."""
    ago, back = _span(time.time() - run.started_s), await asyncio.to_thread(_brought_back, run)
    return [
        offer(await look(item, source, target), run.id, ago, asked, returned=item.name in back)
        for item in items
    ]


def _brought_back(run: JournalRun) -> frozenset[str]:
    """Items that a later run has moved the other way: only leftovers of this one remain."""
    later = (p.run for p in past_runs() if p.run and p.run.started_s > run.started_s)
    return frozenset(
        item.name
        for other in later
        if (other.source, other.target) == (run.target, run.source)
        for item in other.items
        if item.outcome == Outcome.MOVED
    )


def _span(seconds: float) -> str:
    minutes = max(1, round(seconds / 60))
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // (24 * 60)} days"


async def roll_back(
    chosen: Sequence[Offer],
    journal: Journal,
    source: Engine,
    target: Engine | None,
    conduct: Conduct | None = None,
) -> list[Settlement]:
    """Bring items back by the ways that were offered; failures stay with their item.

    Those that come back live do so in one run of its own, from the target to the source; without
    `conduct` nobody watches it.
    """
    results: dict[str, Settlement] = {}
    async with AsyncExitStack() as claims:
        ready = []
        for choice in chosen:
            item = choice.moved.item
            try:
                if choice.way is None:
                    raise PodferryError(choice.reason)
                await claims.enter_async_context(source.claim(item.id, journal.path.stem))
                await _refuse_change(choice, source, target)
            except PodferryError as error:
                results[item.name] = await _settled(item, source, target, reason=explain(error))
            else:
                ready.append(choice)
        live = [c for c in ready if c.way is Way.LIVE and not c.returned]
        for choice in ready:
            if choice not in live:
                results[choice.name] = await _undo(choice, journal, source, target)
        if live and target:
            for result in await _live(live, journal, source, target, conduct):
                results[result.name] = result
    return [results[choice.name] for choice in chosen]


async def _refuse_change(choice: Offer, source: Engine, target: Engine | None) -> None:
    """What was offered holds for what was seen then."""
    if (await look(choice.moved.item, source, target)).gist != choice.moved.gist:
        raise PodferryError(
            "it has started or stopped on one of the hosts since it was looked at",
            now="Nothing was done.",
            todo="Roll back again, and see what is offered now.",
        )


async def _undo(
    choice: Offer, journal: Journal, source: Engine, target: Engine | None
) -> Settlement:
    item = choice.moved.item
    try:
        if choice.returned and target:
            told = await take_away(choice.moved, journal, source, target)
        else:
            told = await to_old_state(choice.moved, journal, source, target)
        await _require_running(item, source)
        await journal.settle_item(item.name, ROLLED_BACK)
    except PodferryError as error:
        return await _settled(item, source, target, way=choice.way, reason=explain(error))
    return await _settled(item, source, target, done=True, way=choice.way, reason=told)


async def _require_running(item: JournalItem, source: Engine) -> None:
    """Raise PodferryError if it ran before and does not now: its host crashed while disarmed."""
    if down := await still_down(from_memo(item), source):
        raise PodferryError(
            f"{', '.join(down)} does not run on {source.label} after all",
            item=item.name,
            now="Nothing that the run noted has it run again.",
            todo="Start it there with `podman start`, and roll back again.",
        )


async def _live(
    choices: Sequence[Offer],
    journal: Journal,
    source: Engine,
    target: Engine,
    conduct: Conduct | None,
) -> list[Settlement]:
    async def unwatched(plan: Plan) -> tuple[str, tuple[ItemResult, ...]]:
        runner = Runner(plan, target, source)
        return runner.run_id, await runner.run()

    try:
        plan = await plan_back([choice.moved for choice in choices], source, target)
        run_id, told = await (conduct or unwatched)(plan)
    except PodferryError as error:
        return [
            await _settled(c.moved.item, source, target, way=c.way, reason=explain(error))
            for c in choices
        ]
    results = {result.name: result for result in told}
    return [
        await _came_back(choice, results.get(choice.name), run_id, journal, source, target)
        for choice in choices
    ]


async def _came_back(
    choice: Offer,
    result: ItemResult | None,
    run: str,
    journal: Journal,
    source: Engine,
    target: Engine,
) -> Settlement:
    """Settle an item in both runs, if it came back live."""
    item, way = choice.moved.item, choice.way
    if result is None:
        told = f"the run back broke off: podferry resume {run}, and roll back again"
        return await _settled(item, source, target, way=way, reason=told)
    if result.outcome is not Outcome.MOVED:
        return await _settled(item, source, target, way=way, reason=result.reason)
    try:
        told = await take_away(choice.moved, journal, source, target)
        await journal.settle_item(item.name, ROLLED_BACK)
        way_back = Journal.open(run)
        try:
            await way_back.settle_item(item.name, ACCEPTED)
        finally:
            way_back.close()
    except PodferryError as error:
        told = f"it came back, but something was left on {target.label}: {explain(error)}"
        return await _settled(item, source, target, way=way, reason=told)
    done = await _settled(item, source, target, done=True, way=way, reason=told)
    return dataclasses.replace(done, loss=choice.loss)


async def _settled(
    item: JournalItem,
    source: Engine,
    target: Engine | None,
    *,
    reason: str,
    done: bool = False,
    way: Way | None = None,
) -> Settlement:
    """With the host that runs the item now, as far as that can be seen."""
    for asked in (target, None):
        with contextlib.suppress(PodferryError):
            now = await look(item, source, asked)
            running = [c.host for c in (now.source, now.target) if c is not None and c.runs]
            return Settlement(item.name, done, reason, " and ".join(running), way)
    return Settlement(item.name, done, reason, way=way)
