from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import replace

from textual.message import Message

from core.errors import CommandFailed, HostUnreachable
from core.podman.model import Estate, Usage
from tests.tui.estate.stage import FAST
from tests.tui.stub_engine import StubEngine, single
from tui.screens.estate.messages import Connected, EstateTaken, HostLost, Side, UsageTaken
from tui.screens.estate.watcher import Pace, Watcher


class Reports:
    """What a watcher posted, and a way to wait for more of it."""

    def __init__(self) -> None:
        self.heard: list[Message] = []
        self._news = asyncio.Event()

    def post(self, message: Message) -> None:
        self.heard.append(message)
        self._news.set()

    def of(self, kind: type[Message]) -> list[Message]:
        return [m for m in self.heard if isinstance(m, kind)]

    async def wait(self, kind: type[Message], count: int) -> None:
        async with asyncio.timeout(10):
            while len(self.of(kind)) < count:
                self._news.clear()
                await self._news.wait()


@asynccontextmanager
async def watching(
    engine: StubEngine, pace: Pace = FAST, first: Awaitable[Estate] | None = None
) -> AsyncIterator[tuple[Watcher, Reports]]:
    reports = Reports()
    watcher = Watcher(engine.as_engine, Side.SOURCE, reports.post, pace, first)
    task = asyncio.create_task(watcher.run())
    try:
        yield watcher, reports
    finally:
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()


async def test_it_lists_at_once_and_then_on_changes() -> None:
    engine = StubEngine("old", single("web"))
    async with watching(engine) as (_, reports):
        await reports.wait(EstateTaken, 1)
        assert engine.listings == 1
        engine.changed()
        await reports.wait(EstateTaken, 2)


async def test_a_listing_made_while_the_app_loaded_is_shown_first() -> None:
    engine = StubEngine("old", single("web"))

    async def early() -> Estate:
        return Estate("old", (single("gone"),), 0.0)

    async with watching(engine, first=early()) as (_, reports):
        await reports.wait(EstateTaken, 2)
        taken = [m for m in reports.heard if isinstance(m, EstateTaken)]
        names = [m.estate.items[0].name for m in taken[:2]]
        assert names == ["gone", "web"]


async def test_an_early_listing_does_not_wait_for_what_connect_learns() -> None:
    engine = StubEngine("old", single("web"))
    engine.learned.clear()

    async def early() -> Estate:
        return await engine.estate()

    async with watching(engine, first=early()) as (_, reports):
        await reports.wait(EstateTaken, 1)
        assert not reports.of(Connected)
        engine.learned.set()
        await reports.wait(Connected, 1)


async def test_an_early_listing_that_failed_costs_nothing() -> None:
    engine = StubEngine("old", single("web"))

    async def early() -> Estate:
        raise HostUnreachable("cut", host="old")

    async with watching(engine, first=early()) as (_, reports):
        await reports.wait(EstateTaken, 1)
        assert not reports.of(HostLost)


async def test_many_changes_are_one_listing() -> None:
    engine = StubEngine("old", single("web"))
    async with watching(engine, replace(FAST, gap_s=0.05)) as (_, reports):
        await reports.wait(EstateTaken, 1)
        for _n in range(100):
            engine.changed()
        await reports.wait(EstateTaken, 2)
        assert engine.listings == 2


async def test_the_poll_is_the_backstop() -> None:
    engine = StubEngine("old", single("web"))
    async with watching(engine, replace(FAST, poll_s=0.01)) as (_, reports):
        await reports.wait(EstateTaken, 3)


async def test_what_cannot_be_measured_is_not_lost() -> None:
    engine = StubEngine("old", single("web"))

    async def broken() -> dict[str, Usage]:
        raise CommandFailed("no cgroups", host="old")

    engine.usage = broken  # type: ignore[method-assign]
    async with watching(engine, replace(FAST, usage_s=0.01)) as (_, reports):
        await reports.wait(EstateTaken, 1)
        engine.changed()
        await reports.wait(EstateTaken, 2)
        assert not reports.of(HostLost)
        assert not reports.of(UsageTaken)


async def test_a_host_that_nobody_looks_at_is_not_asked() -> None:
    engine = StubEngine("old", single("web"))
    async with watching(engine) as (watcher, reports):
        watcher.rest()
        await reports.wait(Connected, 1)
        engine.changed()
        for _ in range(100):
            await asyncio.sleep(0)
        assert engine.listings == 0
        watcher.wake()
        await reports.wait(EstateTaken, 1)


async def test_a_host_that_never_answered_waits_for_the_operator() -> None:
    engine = StubEngine("old")
    engine.cut_off()
    async with watching(engine, replace(FAST, reconnect_s=(0.0,))) as (watcher, reports):
        await reports.wait(HostLost, 1)
        engine.trouble = None
        watcher.refresh()
        await reports.wait(Connected, 1)


async def test_a_host_that_was_lost_is_tried_again_by_itself() -> None:
    engine = StubEngine("old", single("web"))
    async with watching(engine, replace(FAST, reconnect_s=(0.0,))) as (_, reports):
        await reports.wait(EstateTaken, 1)
        engine.cut_off()
        await reports.wait(HostLost, 2)
        engine.trouble = None
        await reports.wait(Connected, 2)


async def test_a_defect_costs_the_pane_and_not_the_app() -> None:
    engine = StubEngine("old", single("web"))

    async def broken() -> None:
        raise KeyError("Names")

    engine.estate = broken  # type: ignore[method-assign, assignment]
    async with watching(engine) as (_, reports):
        await reports.wait(HostLost, 1)
        lost = reports.of(HostLost)[0]
        assert isinstance(lost, HostLost)
        assert "KeyError" in lost.error.detail
