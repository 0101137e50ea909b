"""The key that keeps a checkpoint, on simulated hosts."""

from __future__ import annotations

import asyncio
from pathlib import Path

from core.simulated import SimulatedEngine, SimulatedHost
from core.simulated.faults import Fail, Fault, Hang
from core.simulated.lifecycle import drop
from core.simulated.making import make_container, make_host, make_image
from core.simulated.probing import hit
from core.simulated.things import Spec
from tests.tui.estate.stage import lines, until, until_listed
from tui.app import PodferryApp
from tui.widgets.bar import Bar
from tui.widgets.confirm import ConfirmScreen


def make(*faults: Fault) -> tuple[PodferryApp, SimulatedHost, SimulatedEngine]:
    old = make_host("old")
    image = make_image(old, "localhost/counter:latest")
    make_container(old, "web", Spec("localhost/counter:latest", image.id))
    engine = SimulatedEngine(old)
    engine.faults.add(*faults)
    return PodferryApp(engine, None), old, engine


def archives(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "state" / "podferry" / "archives").glob("*.tar"))


async def test_it_is_kept_and_runs_on(tmp_path: Path) -> None:
    app, old, _ = make()
    assert hit(old, "web") == 0
    async with app.run_test(size=(120, 30)) as pilot:
        await until_listed(pilot, app)
        await pilot.press("C")
        await until(pilot, lambda: bool(app._notifications))
        (told,) = app._notifications
        (archive,) = archives(tmp_path)
        assert told.title == "Checkpoint kept"
        assert f"web: {archive}" in told.message
        assert hit(old, "web") == 1
        assert "Checkpoint of" not in "\n".join(lines(app))


async def test_a_failure_is_told(tmp_path: Path) -> None:
    app, old, _ = make(Fault("checkpoint", Fail("Error: no [/x] luck")))
    async with app.run_test(size=(80, 24)) as pilot:
        await until_listed(pilot, app)
        await pilot.press("C")
        await until(pilot, lambda: bool(app._notifications))
        (told,) = app._notifications
        assert told.title == "No checkpoint"
        assert "no [/x] luck" in told.message
        assert archives(tmp_path) == []
        assert hit(old, "web") == 0


async def test_its_line_is_shown_and_quitting_asks_first(tmp_path: Path) -> None:
    reached = asyncio.Event()
    loop = asyncio.get_running_loop()

    def there() -> None:
        loop.call_soon_threadsafe(reached.set)

    app, _, _ = make(Fault("checkpoint", Hang(after_bytes=4096, reached=there)))
    async with app.run_test(size=(120, 30)) as pilot:
        await until_listed(pilot, app)
        await pilot.press("C")
        await reached.wait()
        await until(pilot, lambda: "Checkpoint of web" in "\n".join(lines(app)))
        await pilot.press("C")
        await until(pilot, lambda: bool(app._notifications))
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
    assert archives(tmp_path) == []


async def test_an_archive_is_restored_from_its_screen(tmp_path: Path) -> None:
    app, old, _ = make()
    assert hit(old, "web") == 0
    async with app.run_test(size=(80, 24)) as pilot:
        await until_listed(pilot, app)
        await pilot.press("C")
        await until(pilot, lambda: len(app._notifications) == 1)
        await pilot.press("L")
        await until(pilot, lambda: "1 archive" in "\n".join(lines(app)))
        await pilot.press("r")
        await until(pilot, lambda: len(app._notifications) == 2)
        assert "the name web is taken there" in list(app._notifications)[-1].message
        await until(pilot, lambda: "Restoring" not in app.screen.query_one("#said", Bar).text)

        drop(old, old.container("web"))
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        assert "Restore web" in "\n".join(lines(app))
        await pilot.press("enter")
        assert not old.containers
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: len(app._notifications) == 3)
        assert "web runs on old" in list(app._notifications)[-1].message
        assert hit(old, "web") == 1
