"""Copying, being told of a run's end, and the palette and help that name every key."""

from __future__ import annotations

import os
import signal

import pytest
from textual.command import SearchIcon

from tests.tui.estate.stage import lines, make_app, new_host, old_host, until, until_listed
from tests.tui.run.scripted import ScriptedRun, estate, item
from tui.config import Config
from tui.key_rules import load_screens
from tui.messages import RunOver
from tui.pick import PickApp
from tui.remembered import Pair
from tui.run_app import RunApp
from tui.screens.details.screen import DetailsScreen
from tui.screens.help.screen import HelpScreen
from tui.screens.run.feed import RunFeed
from tui.themed_app import ThemedApp


async def test_y_copies_the_name_and_capital_y_the_id() -> None:
    app = make_app(old_host(), new_host())
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until_listed(pilot, app)
        row = app.estate_screen.active.table.cursor_row
        assert row is not None
        await pilot.press("y")
        assert app.clipboard == row.name
        await until(pilot, lambda: f"copied: {row.name}" in "\n".join(lines(app)))
        await pilot.press("Y")
        assert app.clipboard == row.id
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, DetailsScreen))
        await pilot.press("y")
        assert app.clipboard == row.name
        await pilot.press("Y")
        assert app.clipboard == row.id


class _Rung(ThemedApp):
    """Counts its bells."""

    rung = 0

    def bell(self) -> None:
        self.rung += 1


@pytest.mark.parametrize(
    "notify, looked_at, rung",
    [
        ("away", True, 0),
        ("away", False, 1),
        ("always", True, 1),
        ("always", False, 1),
        ("never", False, 0),
    ],
)
async def test_the_bell_rings_as_the_settings_say(notify: str, looked_at: bool, rung: int) -> None:
    app = _Rung(Config(notify=notify))  # type: ignore[arg-type]
    async with app.run_test() as pilot:
        assert app._driver is not None
        written: list[str] = []
        app._driver.write = written.append  # type: ignore[method-assign, assignment]
        app.app_focus = looked_at
        app.post_message(RunOver("1 moved\x1b]0;x\a"))
        await pilot.pause()
        sent = [text for text in written if "\x1b]9;" in text]
        assert app.rung == len(sent) == rung
        assert all(text.count("\x1b") == 2 for text in sent)
        assert all("Podferry: 1 moved" in text for text in sent)


async def test_a_run_that_ends_says_so_to_the_app() -> None:
    feed = ScriptedRun(estate(item("web")))
    shown: RunFeed = feed
    told: list[str] = []

    class Told(RunApp):
        def on_run_over(self, message: RunOver) -> None:
            told.append(message.told)

    async with Told(shown).run_test() as pilot:
        await until(pilot, lambda: bool(feed.begun))
        feed.finish((), 1.0)
        await until(pilot, lambda: bool(told))
    assert told == ["nothing done"]


async def test_when_it_is_told_to_end_it_gives_the_terminal_back() -> None:
    app = make_app(old_host(), new_host())
    async with app.run_test() as pilot:
        await until_listed(pilot, app)
        os.kill(os.getpid(), signal.SIGTERM)
        await until(pilot, lambda: not app.is_running)
    assert app.return_value == 128 + signal.SIGTERM


async def test_the_palette_knows_the_word_of_the_docs() -> None:
    app = make_app(old_host(), new_host())
    async with app.run_test(size=(120, 40)) as pilot:
        await until_listed(pilot, app)
        assert any("Roll back" in c.title for c in app.get_system_commands(app.screen))
        await pilot.press("ctrl+p")
        # Not every terminal has the picture of a magnifying glass.
        await until(pilot, lambda: bool(app.screen.query(SearchIcon)))
        assert not app.screen.query_one(SearchIcon).display


async def test_help_and_palette_have_every_key_of_the_estate() -> None:
    app = make_app(old_host(), new_host())
    async with app.run_test(size=(120, 200)) as pilot:
        await until_listed(pilot, app)
        screen = app.screen
        offered = {c.title for c in app.get_system_commands(screen)}
        for active in screen.active_bindings.values():
            if active.node in (screen, app) and active.binding.group is not None:
                assert active.binding.description in offered
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        text = "\n".join(lines(app))
        for active in screen.active_bindings.values():
            binding = active.binding
            if binding.id:
                assert binding.group is not None, f"{binding.id} is not in the help"
                assert (binding.tooltip or binding.description) in text


async def test_every_app_offers_our_themes_and_no_others() -> None:
    for app in (PickApp([Pair("a", "b")], []), RunApp(ScriptedRun(estate(item("web"))))):
        async with app.run_test() as pilot:
            await pilot.pause()
            offered = [c.title for c in app.get_system_commands(app.screen)]
            assert "Theme: light" in offered
            assert "Theme" not in offered
            assert "Help" in offered


def test_where_there_is_help_every_key_is_in_it() -> None:
    """Help and palette take their words from the bindings: what has none would be missing."""
    bindings = load_screens()
    with_help = {i.partition(".")[0] for i in bindings if i.endswith(".help")}
    assert {"estate", "plan", "preflight", "run", "resume", "hosts"} <= with_help
    for binding_id, binding in bindings.items():
        if binding_id.partition(".")[0] in {*with_help, "app", "list", "log"}:
            assert binding.group is not None, binding_id
            assert binding.description, binding_id
