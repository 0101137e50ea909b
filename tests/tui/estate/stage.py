"""The app on two hosts that answer at once, and how tests wait for what it shows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from textual.pilot import Pilot

from core.checks.model import On
from core.podman.model import Port, State
from tests.tui.stub_engine import MIB, StubEngine, container, host_info, pod, single
from tui.app import PodferryApp
from tui.screens.estate.pane import HostPane
from tui.screens.estate.screen import EstateScreen
from tui.screens.estate.watcher import NO_LISTINGS, Listings, Pace

PATIENCE_S = 30.0
NEVER_S = 3600.0
FAST = Pace(gap_s=0.0, large_gap_s=0.0, poll_s=NEVER_S, usage_s=NEVER_S, resubscribe_s=0.0)


def old_host() -> StubEngine:
    """A source with all states and oddities that a row can show."""
    web, database = container("shop-web"), container("shop-db", image="quay.io/db/postgres:17")
    engine = StubEngine(
        "old",
        pod("shop", web, database, ports=(Port(8080, 80),)),
        pod(
            "crm",
            container("crm-web", image="registry.example.com/apps/crm:2026.11"),
            container("crm-job", state=State.EXITED, exit_code=137),
        ),
        single("cache-2", image="docker.io/library/redis:7.4"),
        single("cache-10", image="docker.io/library/redis:7.4", ports=(Port(6379, 6379),)),
        single("nightly", state=State.EXITED, pid=0),
        single("stuck", state=State.PAUSED),
        single("a-name-that-is-much-too-long-for-any-column-of-a-terminal-1"),
        info=host_info("old", filesystem="btrfs", copy_on_write=True),
    )
    engine.memory = {
        c.id: (10 + 30 * number) * MIB
        for number, c in enumerate(c for i in engine.items for c in i.containers)
        if c.state is State.RUNNING
    }
    return engine


def new_host() -> StubEngine:
    """A target with one thing on it."""
    return StubEngine("new", single("registry", image="docker.io/library/registry:3"))


def make_app(
    source: StubEngine,
    target: StubEngine | None,
    *,
    demo: bool = False,
    pace: Pace = FAST,
    tells_of_btrfs: bool = False,
    first: Listings = NO_LISTINGS,
) -> PodferryApp:
    """The app, at a pace that needs no waiting."""
    ends = source.as_engine, target.as_engine if target is not None else None
    app = PodferryApp(*ends, demo=demo)
    app.estate_screen = EstateScreen(*ends, demo=demo, pace=pace, first=first)
    if not tells_of_btrfs:
        app.estate_screen._btrfs.first_time(On)
    return app


async def until(pilot: Pilot[Any], true: Callable[[], bool]) -> None:
    """Let the app work until that is so."""
    async with asyncio.timeout(PATIENCE_S):
        while not true():
            await pilot.pause()


async def until_listed(pilot: Pilot[Any], app: PodferryApp) -> None:
    """Wait until both hosts are listed or lost, and what the source uses is shown."""

    def done() -> bool:
        panes = list(app.estate_screen.query(HostPane)) if app.estate_screen.is_mounted else []
        return bool(panes) and all(p.error or (p.estate and p.measured) for p in panes)

    await until(pilot, done)
    await pilot.pause()


def lines(app: PodferryApp) -> list[str]:
    """What the screen shows, line by line."""
    width, height = app.size
    strips = app.screen._compositor.render_strips()
    return [strip.text.ljust(width) for strip in strips][:height]
