from __future__ import annotations

from dataclasses import replace

import pytest
from textual.widgets import Static

from core.errors import HostUnreachable
from core.migrate.events import Cancel, CommandRan, ItemEnded, Outcome, Progress
from core.plan.model import Plan
from tests.tui.run.scripted import (
    HOSTILE,
    MIB,
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
from tui.screens.help.screen import HelpScreen
from tui.screens.run.feed import RunFeed
from tui.screens.run.leaving import LeaveScreen
from tui.screens.run.log_view import LogView
from tui.screens.run.screen import RunScreen
from tui.widgets.key_bar import KeyBar
from tui.widgets.row_view import RowView

WEB, SHOP, DB = item("web"), item("shop"), item("db", losses=("Its healthcheck.",))
PLAN = estate(WEB, SHOP, DB)


class Played:
    """A run screen with its feed, clock and app."""

    def __init__(self, plan: Plan = PLAN) -> None:
        self.feed = ScriptedRun(plan)
        feed: RunFeed = self.feed
        self.clock = Clock()
        self.screen = RunScreen(feed, clock=self.clock)
        self.app = Stage(self.screen)


async def test_it_begins_the_run_and_shows_what_is_told() -> None:
    play = Played()
    play.feed.push(*begin(PLAN))
    async with play.app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: play.feed.begun)
        assert "· 3 waiting" in play.app.text("#headline")
        play.clock.now_s = T0 + 4
        play.feed.push(*at_work(WEB, T0))
        await until(pilot, lambda: "▸ 1 active" in play.app.text("#headline"))
        assert "3/5 dump web" in play.app.text("#items")
        assert "down 3 s" in play.app.text("#panes")
        play.feed.push(*moved(WEB, T0 + 6))
        await until(pilot, lambda: "✓ 1 moved" in play.app.text("#headline"))
        assert "podman container restore web" in play.app.text("#log")


async def test_only_the_cells_that_tick_are_painted() -> None:
    play = Played()
    async with play.app.run_test(size=(80, 24)) as pilot:
        play.clock.now_s = T0 + 3
        play.feed.push(*begin(PLAN), *at_work(WEB, T0))
        await until(pilot, lambda: "down 2 s" in play.app.text("#panes"))
        await pilot.pause()
        painted = []
        for view in play.screen.query(RowView):
            view.refresh = lambda *regions, **_: painted.append(regions)  # type: ignore[method-assign,assignment]
        play.screen._tick()
        assert not painted
        play.clock.now_s += 1
        play.screen._tick()
        cells = [region.area for regions in painted for region in regions]
        # Elapsed to longest down, and the clock of the pane.
        assert cells == [30, 1]


async def test_progress_is_painted_by_the_ticker() -> None:
    play = Played()
    async with play.app.run_test(size=(80, 24)) as pilot:
        play.feed.push(*begin(PLAN), *at_work(WEB, T0))
        await until(pilot, lambda: "256 MiB of 512 MiB" in play.app.text("#panes"))
        play.feed.push(Progress("web", 300 * MIB, 512 * MIB, 1.0, None))
        await until(pilot, lambda: play.screen.state.bytes == 300 * MIB)
        assert "256 MiB of 512 MiB" in play.app.text("#panes")
        play.screen._tick()
        assert "300 MiB of 512 MiB" in play.app.text("#panes")


async def test_it_ends_with_a_summary_and_the_results() -> None:
    play = Played()
    results = (
        result(WEB),
        result(SHOP, Outcome.ROLLED_BACK, 4.0, "no room on new"),
        result(DB, down_s=2.0),
    )
    async with play.app.run_test(size=(120, 40)) as pilot:
        play.feed.push(*begin(PLAN), *(ItemEnded(r, T0 + 5) for r in results))
        play.feed.finish(results, T0 + 9)
        await until(pilot, lambda: play.screen.has_class("-done"))
        # What is drawn follows what is decided.
        await until(pilot, lambda: "✓ moved" in play.app.text("#summary"))
        text = play.app.text("#summary")
        assert "↩ rolled back" in text
        assert "no room on new" in text
        assert "! db: Its healthcheck." in text
        assert "podferry accept r7k2" in text
        assert "podferry rollback r7k2" in text
        await pilot.press("x")
        assert not play.feed.told
        await pilot.press("enter")
        await until(pilot, lambda: play.app.dismissed)
    assert play.app.dismissed == [results]
    assert not play.feed.subscribers


async def test_a_run_that_breaks_off_says_so_and_lets_go() -> None:
    play = Played()
    async with play.app.run_test(size=(80, 24)) as pilot:
        play.feed.push(*begin(PLAN), *moved(SHOP, T0 + 2), *at_work(WEB, T0))
        play.feed.fail(HostUnreachable("no answer", host="new", todo="Look at [/x] the network"))
        await until(pilot, lambda: "The run broke off" in play.app.text("#summary"))
        text = play.app.text("#summary")
        assert "The run broke off: new: no answer" in text
        assert "web not settled" in text
        await pilot.press("escape")
        await until(pilot, lambda: play.app.dismissed)
    assert play.app.dismissed == [(result(SHOP),)]


async def test_x_asks_once_and_then_cancels_the_item_under_the_cursor() -> None:
    play = Played()
    async with play.app.run_test(size=(80, 24)) as pilot:
        play.feed.push(*begin(PLAN), *at_work(WEB, T0))
        await until(pilot, lambda: "active" in play.app.text("#headline"))
        await pilot.press("x")
        assert "press x again to cancel web: it goes back to old, running" in play.app.message
        await pilot.press("down", "x")
        assert "press x again to cancel shop: it stays on old, untouched" in play.app.message
        assert not play.feed.told
        await pilot.press("up", "x", "x")
        assert play.feed.told == [Cancel("web")]
        assert "cancelling" in play.app.text("#items")
        await pilot.press("x", "x")
        assert play.feed.told == [Cancel("web")]
        assert "web is being cancelled" in play.app.message


async def test_any_other_key_takes_the_question_back() -> None:
    play = Played()
    async with play.app.run_test(size=(80, 24)) as pilot:
        play.feed.push(*begin(PLAN), *at_work(WEB, T0))
        await until(pilot, lambda: "active" in play.app.text("#headline"))
        for key in ("escape", "z", "enter", "l"):
            await pilot.press("x")
            assert "press x again" in play.app.message
            await pilot.press(key)
            assert "press x again" not in play.app.message
        assert not play.feed.told


async def test_an_item_that_has_ended_cannot_be_cancelled() -> None:
    play = Played()
    async with play.app.run_test(size=(80, 24)) as pilot:
        play.feed.push(*begin(PLAN), *moved(WEB, T0))
        await until(pilot, lambda: "✓ 1" in play.app.text("#headline"))
        await pilot.press("x", "x")
        assert not play.feed.told
        assert "web has ended" in play.app.message


async def test_the_question_names_who_is_cancelled_even_if_the_work_goes_on() -> None:
    play = Played()
    async with play.app.run_test(size=(80, 24)) as pilot:
        play.feed.push(*begin(PLAN), *at_work(WEB, T0), *at_work(SHOP, T0))
        await until(pilot, lambda: "2 active" in play.app.text("#headline"))
        await pilot.press("x")
        play.feed.push(*moved(WEB, T0 + 2))
        await until(pilot, lambda: "✓ 1" in play.app.text("#headline"))
        await pilot.press("x")
        assert not play.feed.told


async def test_all_are_cancelled_by_x_twice() -> None:
    play = Played()
    async with play.app.run_test(size=(80, 24)) as pilot:
        play.feed.push(*begin(PLAN), *at_work(WEB, T0))
        await until(pilot, lambda: "active" in play.app.text("#headline"))
        await pilot.press("X")
        assert "1 item back to old, running, 2 not begun" in play.app.message
        await pilot.press("X")
        assert play.feed.told == [Cancel()]


def question(play: Played) -> str:
    """What is asked before a run is left; empty if nothing is."""
    found = play.app.screen.query(Static) if isinstance(play.app.screen, LeaveScreen) else ()
    return "".join(str(static.render()) for static in found)


@pytest.mark.parametrize("key", ["q", "escape"])
async def test_leaving_a_run_that_goes_on_offers_to_stay_or_to_cancel_all(key: str) -> None:
    play = Played()
    async with play.app.run_test(size=(80, 24)) as pilot:
        play.feed.push(*begin(PLAN), *at_work(WEB, T0))
        await until(pilot, lambda: "active" in play.app.text("#headline"))
        for stay in ("escape", "enter", "q"):
            await pilot.press(key)
            assert "podferry attach r7k2" in question(play)
            await pilot.press(stay)
            await until(pilot, lambda: play.app.screen is play.screen)
        assert not play.feed.told
        await pilot.press(key, "X")
        await until(pilot, lambda: play.feed.told == [Cancel()])
        assert "cancelling all" in play.app.message
        assert not play.app.dismissed


async def test_a_run_that_outlives_the_app_can_be_left_running() -> None:
    play = Played()
    async with play.app.run_test(size=(80, 24)) as pilot:
        play.feed.push(*begin(PLAN), *at_work(WEB, T0))
        await pilot.press("q", "l")
    assert not play.feed.told
    assert play.app.return_value == 0
    assert not play.feed.subscribers


async def test_a_run_of_this_process_is_not_said_to_go_on() -> None:
    play = Played()
    play.feed.outlives = False
    async with play.app.run_test(size=(80, 24)) as pilot:
        play.feed.push(*begin(PLAN), *at_work(WEB, T0))
        await pilot.press("q")
        assert "it ends with the app" in question(play)
        assert "attach" not in question(play)


async def test_a_run_that_ends_while_one_asks_has_ended() -> None:
    play = Played()
    async with play.app.run_test(size=(80, 24)) as pilot:
        play.feed.push(*begin(PLAN), *at_work(WEB, T0))
        await pilot.press("q")
        results = (result(WEB), result(SHOP), result(DB))
        play.feed.finish(results, T0 + 9)
        await until(pilot, lambda: play.screen.over)
        # The question is gone by itself: there is nothing to leave or to cancel any more.
        await until(pilot, lambda: play.app.screen is play.screen)
        await pilot.press("enter")
        await until(pilot, lambda: play.app.dismissed)
    assert play.app.dismissed == [results]


@pytest.mark.parametrize("way_back, offered", [(False, True), (True, False)])
async def test_only_keys_that_do_something_are_offered_at_the_end(
    way_back: bool, offered: bool
) -> None:
    play = Played(replace(PLAN, way_back=way_back))
    async with play.app.run_test(size=(120, 40)) as pilot:
        play.feed.push(*begin(play.feed.plan))
        play.feed.finish((result(WEB), result(SHOP), result(DB)), T0 + 9)
        await until(pilot, lambda: play.screen.over)
        keys = str(play.screen.query_one("#keys-at-end", KeyBar).render())
        assert "R Report" in keys
        for told in ("V Verify", "A Accept", "z Roll back"):
            assert (told in keys) is offered


async def test_its_help_tells_its_own_signs() -> None:
    play = Played()
    async with play.app.run_test(size=(120, 60)) as pilot:
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(play.app.screen, HelpScreen))
        told = str(play.app.screen.query_one(Static).render())
        assert "moved: runs on the target" in told
        assert "marked to go by checkpoint" not in told
        assert "Filter" not in told


async def test_the_cursor_goes_with_the_work_until_it_is_moved() -> None:
    play = Played()
    items = "#items"
    async with play.app.run_test(size=(80, 24)) as pilot:
        play.feed.push(*begin(PLAN), *moved(WEB, T0), *at_work(SHOP, T0))
        await until(pilot, lambda: play.screen.query_one(items, RowView).key == "shop")
        await pilot.press("down")
        play.feed.push(*at_work(WEB, T0 + 3))
        await until(pilot, lambda: "✓ 1" in play.app.text("#headline"))
        assert play.screen.query_one(items, RowView).key == "db"


async def test_a_command_can_be_read_in_full_and_copied() -> None:
    play = Played()
    async with play.app.run_test(size=(80, 24)) as pilot:
        play.feed.push(
            *begin(PLAN),
            CommandRan(
                record("podman", "rm", "a b", exit_code=125, stderr="no\x1b[2J [/x]\nnever")
            ),
            CommandRan(record("podman", "load", host="new", exit_code=None)),
        )
        await until(pilot, lambda: "■ cut" in play.app.text("#log"))
        await pilot.press("l")
        assert not play.screen.query_one("#items").is_on_screen
        log = play.screen.query_one(LogView)
        assert play.app.focused is log
        assert log.key == "1"
        await pilot.press("up", "y")
        assert play.app.clipboard == "podman rm 'a b'"
        assert "copied: podman rm 'a b'" in play.app.message
        assert "never" not in play.app.text("#log")
        await pilot.press("enter")
        assert "✗ 125" in play.app.text("#log")
        assert "│ no\\x1b[2J [/x]\n    │ never" in play.app.text("#log")
        await pilot.press("enter", "l")
        assert "never" not in play.app.text("#log")
        assert play.app.focused is play.screen.query_one("#items")


async def test_the_log_follows_its_end_until_the_cursor_goes_up() -> None:
    play = Played()
    async with play.app.run_test(size=(80, 24)) as pilot:
        log = play.screen.query_one(LogView)
        for number in range(30):
            play.feed.push(CommandRan(record("podman", str(number))))
        await until(pilot, lambda: log.key == "29")
        assert log.scroll_offset.y == log.virtual_size.height - 4
        await pilot.press("tab", "pageup")
        key = log.key
        play.feed.push(CommandRan(record("podman", "30")))
        await until(pilot, lambda: "podman 30" in play.app.text("#log"))
        assert log.key == key
        await pilot.press("home")
        assert log.key == "0"
        assert log.scroll_offset.y == 0


async def test_hostile_text_is_shown_and_changes_nothing() -> None:
    play = Played()
    bad = item(HOSTILE)
    play.feed.plan = estate(bad)
    play.screen = RunScreen(play.feed, clock=play.clock)
    play.app = Stage(play.screen)
    async with play.app.run_test(size=(80, 24)) as pilot:
        play.feed.push(*begin(play.feed.plan), *at_work(bad, T0))
        play.feed.push(CommandRan(record("podman", HOSTILE, host=HOSTILE)))
        await until(pilot, lambda: "active" in play.app.text("#headline"))
        await pilot.press("x")
        for part in (play.app.text("#items"), play.app.text("#panes"), play.app.message):
            assert r"a[/x][red]\x1b[2J\nb"[:12] in part
        played = result(bad, Outcome.FAILED, 1.0, HOSTILE)
        play.feed.finish((played,), T0 + 3)
        await until(pilot, lambda: play.screen.has_class("-done"))
        text = play.app.text("#summary") + play.app.text("#log")
        assert "\x1b" not in text
        assert "[/x][red]" in text


async def test_the_size_may_change_in_mid_run() -> None:
    play = Played()
    async with play.app.run_test(size=(120, 40)) as pilot:
        play.feed.push(*begin(PLAN), *at_work(WEB, T0), *at_work(SHOP, T0), *at_work(DB, T0))
        await until(pilot, lambda: "3 active" in play.app.text("#headline"))
        for size, panes in (((60, 15), 1), ((80, 24), 2), ((120, 40), 3), ((30, 10), 1)):
            await pilot.resize_terminal(*size)
            await until(pilot, lambda p=panes: play.app.text("#panes").count("step 3/5") == p)  # type: ignore[misc]
            for part in ("#items", "#panes", "#log", "#message", "#keys"):
                if size != (30, 10):
                    assert play.screen.query_one(part).region.height >= 1
