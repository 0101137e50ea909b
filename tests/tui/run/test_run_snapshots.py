from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot

from core.migrate.events import CameUp, CommandRan, ItemEnded, Outcome, RollingBack
from core.podman.model import Kind, Route
from tests.tui.run.scripted import (
    HOSTILE,
    T0,
    Clock,
    ScriptedRun,
    at_work,
    begin,
    estate,
    item,
    moved,
    record,
    result,
)
from tests.tui.run.stage import Stage, until
from tui.screens.run.screen import RunScreen

SIZES = [(120, 40), (80, 24), (60, 15)]

WEB, DB, QUEUE, MAIL = item("web"), item("db"), item("queue"), item("mail")
SHOP = item("shop", Route.KUBE, Kind.POD, losses=("The healthcheck of shop-db.",))
LEGACY = item("legacy", blocks=("It uses the device /dev/ttyUSB0, which new does not have.",))
BAD = item(HOSTILE)
PLAN = estate(WEB, LEGACY, SHOP, DB, QUEUE, MAIL, BAD)
WHY = "CRIU: in-flight connection for 10.88.0.4:8080, 5 tries; db runs on old again"

Compare = Callable[..., bool]
Show = Callable[[Pilot[None]], Awaitable[None]]


def play(*, end: bool = False, ansi: bool = False) -> tuple[Stage, Show]:
    """A run with one moved, one going back and two at work, or its end."""
    feed = ScriptedRun(PLAN, "20250615-150640")
    clock = Clock(T0 + 8)
    screen = RunScreen(feed, clock=clock)
    app = Stage(screen, ansi=ansi)

    async def show(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: feed.begun)
        feed.push(*begin(PLAN), *at_work(WEB, T0), *moved(WEB, T0 + 3))
        failed = record(
            *("podman", "container", "checkpoint", "--export=/dev/stdout", "db"),
            at_s=T0 + 5,
            exit_code=125,
            stderr="Error: [/x] criu failed\x1b[2J\nlog: dump.log",
        )
        feed.push(*at_work(DB, T0 + 2), CommandRan(failed), RollingBack("db", WHY))
        feed.push(*at_work(SHOP, T0 + 3), CameUp("shop", "new", 2.4), *at_work(BAD, T0 + 4))
        await until(pilot, lambda: "3 active" in app.text("#headline"))
        if end:
            results = (
                result(WEB),
                result(LEGACY, Outcome.BLOCKED, None, LEGACY.blocks[0]),
                result(SHOP, down_s=2.4),
                result(DB, Outcome.ROLLED_BACK, 6.2, WHY),
                result(QUEUE, Outcome.CANCELLED, None),
                result(MAIL, Outcome.FAILED, 75.0, "mail is stopped on old: start it there"),
                result(BAD, down_s=130.0),
            )
            feed.push(*(ItemEnded(r, T0 + 90) for r in results))
            feed.finish(results, T0 + 90)
            await until(pilot, lambda: screen.has_class("-done"))
        await pilot.pause()

    return app, show


@pytest.mark.parametrize("size", SIZES)
def test_run(snap_compare: Compare, size: tuple[int, int]) -> None:
    app, show = play()
    assert snap_compare(app, terminal_size=size, run_before=show)


@pytest.mark.parametrize("size", SIZES)
def test_end(snap_compare: Compare, size: tuple[int, int]) -> None:
    app, show = play(end=True)
    assert snap_compare(app, terminal_size=size, run_before=show)


@pytest.mark.parametrize("size", SIZES)
def test_big_log(snap_compare: Compare, size: tuple[int, int]) -> None:
    app, show = play()

    async def expand(pilot: Pilot[None]) -> None:
        await show(pilot)
        await pilot.press("l", "up", "up", "up", "enter")

    assert snap_compare(app, terminal_size=size, run_before=expand)


def test_asking(snap_compare: Compare) -> None:
    app, show = play()

    async def ask(pilot: Pilot[None]) -> None:
        await show(pilot)
        await pilot.press("x")

    assert snap_compare(app, terminal_size=(80, 24), run_before=ask)


def test_resized_in_mid_run(snap_compare: Compare) -> None:
    app, show = play()

    async def resize(pilot: Pilot[None]) -> None:
        await show(pilot)
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: app.screen.size.width == 80)
        await pilot.pause()

    assert snap_compare(app, terminal_size=(120, 40), run_before=resize)


@pytest.mark.parametrize("end", [False, True])
def test_sixteen_colours(snap_compare: Compare, end: bool) -> None:
    app, show = play(end=end, ansi=True)
    assert snap_compare(app, terminal_size=(80, 24), run_before=show)
