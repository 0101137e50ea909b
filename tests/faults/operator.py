"""What an operator does with Podferry, as coroutines over both engines."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from core.checks.survey import complete, survey
from core.errors import PodferryError
from core.evidence.kept import compared_of
from core.evidence.watch import Watch
from core.journal.journal import Journal, JournalItem, JournalRun, read_run, run_ids
from core.migrate import resume
from core.migrate.events import ItemResult
from core.migrate.rollback import Way
from core.migrate.runner import Runner
from core.migrate.settle import Settlement, accept_items, choose, offers, roll_back
from core.migrate.truth import Direction
from core.migrate.verify import verify
from core.plan.model import Plan
from core.plan.planner import make_plan
from core.simulated import SimulatedEngine
from tests.faults.scene import Scene

Deed = Callable[[SimulatedEngine, SimulatedEngine], Coroutine[Any, Any, str]]
"""Ends with what was said of the item."""
Work = Callable[
    [JournalRun, Sequence[JournalItem], Journal, SimulatedEngine, SimulatedEngine],
    Coroutine[Any, Any, Sequence[Settlement]],
]


def move(scene: Scene) -> Deed:
    """Preflight, plan and run."""

    async def work(old: SimulatedEngine, new: SimulatedEngine) -> str:
        facts = await survey(old, new, only=[scene.item])
        marks = {scene.item: scene.route}
        plan = make_plan(await complete(facts, old, marks), marks)
        (result,) = await Runner(plan, old, new, patience_s=0).run()
        return f"{result.outcome}: {result.reason}"

    return work


def accept(*, unverified: bool = False) -> Deed:
    """Accept what has moved to the target, and look at it first where nobody has."""

    async def work(run: Any, items: Any, journal: Any, old: Any, new: Any) -> list[Settlement]:
        if not all([await compared_of(journal, item.name) for item in items]):
            await verify(items, journal, old, new, Watch())
        return await accept_items(items, journal, old, new, unverified=unverified)

    return _settling("accept", work)


def rollback(asked: Way | None = None) -> Deed:
    """Roll back what has moved to the target."""

    async def work(run: Any, items: Any, journal: Any, old: Any, new: Any) -> list[Settlement]:
        found = await offers(run, items, old, new, asked)

        async def conduct(plan: Plan) -> tuple[str, tuple[ItemResult, ...]]:
            runner = Runner(plan, new, old, patience_s=0)
            return runner.run_id, await runner.run()

        return await roll_back(found, journal, old, new, conduct)

    return _settling("rollback", work)


def _settling(decision: str, settle: Work) -> Deed:
    async def work(old: SimulatedEngine, new: SimulatedEngine) -> str:
        run_id = next(run.id for run in runs() if run.source == old.label)
        journal = Journal.open(run_id)
        try:
            run = await journal.read()
            chosen = choose(run, [item.name for item in run.items], decision)
            (result,) = await settle(run, chosen, journal, old, new)
        finally:
            journal.close()
        return f"{'done' if result.done else 'failed'}: {result.reason}"

    return work


def resumed(run_id: str, wish: Direction) -> Deed:
    """Resume a run, whichever way it goes."""

    async def work(old: SimulatedEngine, new: SimulatedEngine) -> str:
        journal = Journal.open(run_id)
        try:
            run = await journal.read()
            ends = (old, new) if run.source == old.label else (new, old)
            choice = resume.choose(run, (), wish)
            told = await resume.resume(journal, *ends, choice, lambda _: None, patience_s=0)
        finally:
            journal.close()
        return "; ".join(f"{r.outcome}: {r.reason}" for r in told)

    return work


def runs() -> list[JournalRun]:
    """All runs that have begun, newest first; a journal cut off at its birth has done nothing."""
    found = []
    for run_id in run_ids():
        try:
            found.append(read_run(run_id))
        except PodferryError:
            continue
    return sorted(found, key=lambda run: run.started_s, reverse=True)


def standing(run: JournalRun) -> str:
    """How the item of a run stands."""
    (item,) = run.items
    return item.settled or item.outcome or "unfinished"


def quietly(deed: Deed) -> Deed:
    """An error that is told is an answer too; a defect is not."""

    async def work(old: SimulatedEngine, new: SimulatedEngine) -> str:
        try:
            return await deed(old, new)
        except PodferryError as error:
            return f"error: {error}"

    return work
