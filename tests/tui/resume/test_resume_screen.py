"""A run that was broken off, on the screen: what is true, where each item goes, and what comes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from core.journal.history import newest_unfinished
from core.journal.journal import Journal, JournalRun
from core.migrate.undo import Undo, UndoKind
from core.simulated import SimulatedEngine, SimulatedHost
from core.simulated.lifecycle import halt
from core.simulated.making import make_container, make_host, make_image
from core.simulated.things import Spec
from tests.tui.estate.stage import lines, until
from tests.tui.run.stage import Stage
from tui.app import PodferryApp
from tui.screens.resume import ResumeScreen

HOSTILE = "b[/x]\x1b[31m"
RUN = "20260131-235959-3fa9"


@pytest.fixture
def hosts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[SimulatedHost, SimulatedHost]:
    """`web` was stopped for its move and is not on the target; `db` runs on both by now."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    old, new = make_host("old"), make_host("new")
    for host in (old, new):
        spec = Spec("localhost/c:1", make_image(host, "localhost/c:1").id)
        for name in ("web", HOSTILE) if host is old else (HOSTILE,):
            make_container(host, name, spec)
    web = old.container("web")
    halt(old, web, 0)
    return old, new


async def broken_off(old: SimulatedHost, new: SimulatedHost) -> JournalRun:
    made = [
        ("web", old.container("web").id, Undo(UndoKind.START_SOURCE, "web", "container")),
        (
            HOSTILE,
            old.container(HOSTILE).id,
            Undo(UndoKind.REMOVE_CONTAINER, new.container(HOSTILE).id),
        ),
    ]
    items = [(name, ident, "container", "checkpoint") for name, ident, _ in made]
    journal = Journal.create(RUN, "old", "new", items)
    for name, _, undo in made:
        await journal.add_undo(name, undo.to_json())
    run = await journal.read()
    journal.close()
    return run


async def engines(
    hosts: tuple[SimulatedHost, SimulatedHost],
) -> tuple[SimulatedEngine, SimulatedEngine]:
    old, new = (SimulatedEngine(host) for host in hosts)
    await old.connect()
    await new.connect()
    return old, new


async def test_it_looks_and_goes_where_it_is_told(
    hosts: tuple[SimulatedHost, SimulatedHost],
) -> None:
    run = await broken_off(*hosts)
    old, new = await engines(hosts)
    app = Stage(ResumeScreen(run, old, new))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: "runs on old and on new" in app.text("#items"))
        assert "take it back to old" in app.text("#items")
        assert "you decide" in app.text("#items")
        assert "nothing is done yet" in app.message
        await pilot.press("down", "b")
        assert "you decide" not in app.text("#items")
        await pilot.press("enter")
        await until(pilot, lambda: "Done" in app.message)
        assert app.text("#items").count("rolled back, runs on old") == 2
        await pilot.press("escape")
    assert hosts[0].container("web").running
    assert hosts[1].find_container(HOSTILE) is None
    assert newest_unfinished("old", "new") is None


async def test_a_host_out_of_reach_is_told_and_nothing_can_be_begun(
    hosts: tuple[SimulatedHost, SimulatedHost],
) -> None:
    run = await broken_off(*hosts)
    old, new = await engines(hosts)
    new.faults.cut()
    app = Stage(ResumeScreen(run, old, new))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: "new" in app.message and "no answer" in app.message)
        await pilot.press("enter", "b", "f", "d", "escape")
        await until(pilot, lambda: bool(app.dismissed))
    assert newest_unfinished("old", "new") == run


async def test_the_app_offers_it(hosts: tuple[SimulatedHost, SimulatedHost]) -> None:
    await broken_off(*hosts)
    app = PodferryApp(*(await engines(hosts)))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: f"run {RUN} is unfinished: R resumes" in "\n".join(lines(app)))
        await pilot.press("R")
        await until(pilot, lambda: isinstance(app.screen, ResumeScreen))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.estate_screen)


async def test_the_demo_offers_nothing(hosts: tuple[SimulatedHost, SimulatedHost]) -> None:
    await broken_off(*hosts)
    app = PodferryApp(*(await engines(hosts)), demo=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        await pilot.press("R")
        await pilot.pause()
        assert app.screen is app.estate_screen
        assert "unfinished: R" not in "\n".join(lines(app))


Compare = Callable[..., bool]


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
def test_screen(
    snap_compare: Compare, hosts: tuple[SimulatedHost, SimulatedHost], size: tuple[int, int]
) -> None:
    run = asyncio.run(broken_off(*hosts))
    pair = asyncio.run(engines(hosts))

    async def show(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: "you decide" in pilot.app.text("#items"))  # type: ignore[attr-defined]

    assert snap_compare(Stage(ResumeScreen(run, *pair)), terminal_size=size, run_before=show)
