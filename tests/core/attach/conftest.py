"""A run of one simulated container that goes no further than its restore until it is let."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from core.attach.hub import Hub
from core.attach.watching import Watched, watch
from core.checks.survey import survey
from core.migrate.events import Event, ItemResult, RunEnded, StepStarted
from core.migrate.runner import Runner
from core.plan.planner import make_plan
from core.podman.model import Route
from core.simulated import SimulatedEngine, seed_pair

ITEM = "dns"


class Heard:
    """What a watcher heard, and a way to wait for it."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._news = asyncio.Event()

    def __call__(self, event: Event) -> None:
        self.events.append(event)
        self._news.set()

    async def step(self, title: str) -> None:
        """Wait until a step has begun whose title begins so."""
        async with asyncio.timeout(20):
            while not any(
                isinstance(e, StepStarted) and e.title.startswith(title) for e in self.events
            ):
                self._news.clear()
                await self._news.wait()


@dataclass
class Held:
    """A run with its hub, and what lets it go on."""

    old: SimulatedEngine
    new: SimulatedEngine
    runner: Runner
    hub: Hub
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    at_restore: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def under_way(self) -> AsyncIterator[asyncio.Task[tuple[ItemResult, ...]]]:
        """The run, which has come to its restore."""
        async with self.hub.open():
            running = asyncio.create_task(self.runner.run())
            await asyncio.wait_for(self.at_restore.wait(), 20)
            yield running
            self.go_on.set()
            await running
        await self.hub.part()

    async def watched(self) -> Watched:
        """One more watcher."""
        found = await watch(self.runner.run_id)
        assert found is not None
        return found


@pytest.fixture
async def held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Held:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    old, new = seed_pair()
    await asyncio.gather(old.connect(), new.connect())
    plan = make_plan(await survey(old, new), {ITEM: Route.CHECKPOINT})
    runner = Runner(plan, old, new)
    run = Held(old, new, runner, Hub(runner))
    restore = new.restore

    async def held_restore(*args: Any) -> None:
        run.at_restore.set()
        await run.go_on.wait()
        await restore(*args)

    new.restore = held_restore  # type: ignore[method-assign, assignment]
    return run


def kinds(events: list[Event]) -> list[str]:
    """Names of what was told, the end included."""
    assert isinstance(events[-1], RunEnded)
    return [type(event).__name__ for event in events if type(event).__name__ != "Progress"]
