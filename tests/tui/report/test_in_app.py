"""The keys that keep a run: its report at the end, and the screen as a picture."""

import re
import stat
from pathlib import Path

from core.errors import UsageError
from core.journal.journal import run_folder, runs_folder
from core.simulated.estates import seed_pair
from tests.tui.estate.stage import lines, until, until_listed
from tests.tui.run.scripted import begin, estate, item
from tests.tui.run.test_screen import Played
from tui.app import PodferryApp
from tui.screens.plan import PlanScreen
from tui.screens.run.screen import RunScreen


async def test_a_key_writes_the_report_and_one_the_screen_beside_it() -> None:
    app = PodferryApp(*seed_pair(), demo=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_listed(pilot, app)
        await pilot.press("slash", *"dns", "enter", "space", "escape", "g")
        await until(pilot, lambda: isinstance(app.screen, PlanScreen))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.over)
        run = app.screen
        assert isinstance(run, RunScreen)
        folder = run_folder(run.state.run_id)
        await pilot.press("R")
        await until(pilot, (folder / "report.html").exists)
        await until(pilot, lambda: "report written" in "\n".join(lines(app)))
        # However long, all of it stands there, and the key that copies takes it.
        shown = "".join(line.strip() for line in lines(app))
        assert str(folder / "report.html") in shown
        await pilot.press("y")
        assert app.clipboard == str(folder / "report.html")
        assert "dns" in (folder / "report.md").read_text()
        await pilot.press("ctrl+s")
        await until(pilot, lambda: any((folder / "screens").glob("*.svg")))
        (saved,) = (folder / "screens").glob("*.svg")
    for path in (saved, folder / "report.html", folder / "report.md"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_no_report_before_the_end() -> None:
    play = Played()
    play.feed.push(*begin(estate(item("web"))))
    async with play.app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: play.feed.begun)
        assert play.screen.check_action("report", ()) is False


async def test_a_report_that_cannot_be_read_is_told() -> None:
    play = Played()
    async with play.app.run_test(size=(80, 24)) as pilot:
        play.feed.finish((), 1.0)
        await until(pilot, lambda: play.screen.over)
        await pilot.press("R")
        await until(pilot, lambda: "no run" in play.app.message)


async def test_the_estate_as_a_picture_loads_nothing() -> None:
    app = PodferryApp(*seed_pair(), demo=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_listed(pilot, app)
        await pilot.press("ctrl+s")
        folder = runs_folder().parent / "screens"
        await until(pilot, lambda: any(folder.glob("*.svg")))
        (saved,) = folder.glob("*.svg")
    svg = saved.read_text()
    assert set(re.findall(r"\w+://[^\s\"'<)]*", svg)) <= {"http://www.w3.org/2000/svg"}
    assert "auth" in svg


async def test_a_picture_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    runs_folder().parent.parent.mkdir(parents=True)
    runs_folder().parent.write_text("a file where a folder should be")
    app = PodferryApp(*seed_pair(), demo=True)
    told: list[str] = []
    app.notify = lambda message, **_: told.append(message)  # type: ignore[method-assign]
    async with app.run_test(size=(80, 24)) as pilot:
        await until_listed(pilot, app)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: bool(told))
    assert "cannot be written" in told[0]
    assert UsageError.__name__ not in told[0]
