from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from core.checks.model import Finding
from core.errors import CommandFailed
from core.podman.model import Route
from tests.tui.preflight.scripted import (
    NETWORK,
    SECRET,
    ScriptedFeed,
    hostile,
    network,
    port,
    secret,
    some,
)
from tests.tui.run.stage import Stage, until
from tui.screens.fixes.screen import FixScreen
from tui.screens.preflight import PreflightScreen
from tui.widgets.row_view import RowView


def stage(feed: ScriptedFeed, marks: Mapping[str, Route] | None = None) -> Stage:
    return Stage(PreflightScreen(feed, marks or {}))


def causes(app: Stage) -> list[str]:
    return [row.copy for row in app.screen.query_one("#list", RowView).rows]


async def test_findings_are_grouped_by_cause_the_worst_first() -> None:
    app = stage(ScriptedFeed(*some()))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: causes(app))
        assert causes(app) == [
            "secret db-password is missing on new",
            "port 8080/tcp is taken on new",
            "nightly does not run",
            "open TCP connections",
            "labels are dropped by kube generate",
            "network web is missing on new",
            "clock of new",
        ]
        labels, networks = app.text("#list").splitlines()[4:6]
        assert re.search(r"1 item  ", labels)
        assert re.search(r"12 items +fix", networks)
        assert "■ 3 in the way" in app.text("#headline")
        await pilot.press("end", "up")
        await until(pilot, lambda: "12 items: shop-0, shop-1" in app.text("#detail"))
        detail = app.text("#detail")
        assert "new  $ podman network create --subnet 10.89.1.0/24 web" in detail
        assert "It does not carry over addresses" in detail
        assert "new  $ podman network rm -- web" in detail


async def test_one_key_fixes_a_group_and_the_cursor_goes_to_the_next() -> None:
    feed = ScriptedFeed(*some())
    app = stage(feed)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: causes(app))
        await pilot.press("f")
        await until(pilot, lambda: isinstance(app.screen, FixScreen))
        asked = [row.text for row in app.screen.query_one(RowView).rows]
        assert any(t.startswith("  old  $ podman secret inspect") for t in asked)
        assert any(t.startswith("  new  $ podman secret create") for t in asked)
        await pilot.press("y")
        await until(pilot, lambda: feed.looks == 2)
        await until(pilot, lambda: "done: copy secret" in app.message)
        assert feed.fixed == [SECRET]
        assert causes(app)[0] == "port 8080/tcp is taken on new"
        assert app.screen.query_one("#list", RowView).key.startswith("port-taken")
        await pilot.press("l")
        assert "podman doing" in app.text("#log")


@pytest.mark.parametrize("key", ["n", "enter", "escape"])
async def test_nothing_is_fixed_unless_told(key: str) -> None:
    feed = ScriptedFeed(secret("crm"))
    app = stage(feed)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: causes(app))
        await pilot.press("f", key)
        await until(pilot, lambda: "nothing was done" in app.message)
        assert feed.fixed == []
        assert feed.looks == 1


async def test_the_last_fix_that_can_be_is_taken_back() -> None:
    feed = ScriptedFeed(network("a"), secret("b"))
    app = stage(feed)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: causes(app))
        await pilot.press("z")
        assert "no fix to take back" in app.message
        await pilot.press("end", "f", "y")
        await until(pilot, lambda: "done" in app.message)
        await pilot.press("f", "y")
        await until(pilot, lambda: feed.fixed == [NETWORK, SECRET])
        await until(pilot, lambda: "done: copy" in app.message)
        assert "nothing stands in the way" in app.text("#headline")
        await pilot.press("z")
        await until(pilot, lambda: isinstance(app.screen, FixScreen))
        assert "podman network rm -- web" in app.screen.query_one(RowView).rows[1].text
        await pilot.press("y")
        await until(pilot, lambda: causes(app) == ["network web is missing on new"])
        assert feed.fixed == [SECRET]


async def test_a_fix_that_fails_is_told_and_the_hosts_are_looked_at_again() -> None:
    feed = ScriptedFeed(secret("crm"))
    feed.error = CommandFailed("podman secret create failed [/x]", host="new")
    app = stage(feed)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: causes(app))
        await pilot.press("f", "y")
        await until(pilot, lambda: "failed [/x]" in app.message)
        assert feed.looks == 2
        assert feed.fixed == []


async def test_the_screen_waits_for_a_change_but_not_for_a_look() -> None:
    feed = ScriptedFeed(secret("crm"))
    app = stage(feed)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: causes(app))
        feed.go_on.clear()
        await pilot.press("f", "y")
        await pilot.press("f", "z", "t", "escape")
        assert "not yet: copy secret" in app.message
        assert not app.dismissed
        feed.go_on.set()
        await until(pilot, lambda: "done" in app.message)
        feed.go_on.clear()
        await pilot.press("r")
        await pilot.press("escape")
        assert app.dismissed == [None]


async def test_marked_items_or_all() -> None:
    marks = {"shop-1": Route.CHECKPOINT}
    app = stage(ScriptedFeed(*some()), marks)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: causes(app))
        assert causes(app) == [
            "secret db-password is missing on new",
            "network web is missing on new",
            "clock of new",
        ]
        await pilot.press("m")
        assert len(causes(app)) == 7
        await pilot.press("m")
        assert len(causes(app)) == 3


async def test_the_canary_stands_on_top() -> None:
    feed = ScriptedFeed(*some())
    app = stage(feed)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: causes(app))
        await pilot.press("t")
        await until(pilot, lambda: causes(app)[0] == "the canary passed")
        assert "the canary passed" in app.message
        assert app.screen.query_one("#list", RowView).key.startswith("secret-missing")


async def test_the_cursor_stays_with_its_cause_through_another_look() -> None:
    feed = ScriptedFeed(*some())
    app = stage(feed)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: causes(app))
        await pilot.press("down", "down")
        key = app.screen.query_one("#list", RowView).key
        feed.findings[:0] = [hostile()]
        await pilot.press("r")
        await until(pilot, lambda: len(causes(app)) == 8)
        assert app.screen.query_one("#list", RowView).key == key


async def test_hostile_text_is_shown_and_changes_nothing() -> None:
    feed = ScriptedFeed(hostile(), hostile())
    app = stage(feed)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: causes(app))
        shown = app.text("#list") + app.text("#detail") + app.text("#headline")
        assert "\x1b" not in shown
        assert r"a[/x][red]\x1b[2J\nb" in shown
        await pilot.press("f")
        await until(pilot, lambda: isinstance(app.screen, FixScreen))
        await pilot.press("y")
        await until(pilot, lambda: "done" in app.message)
        await pilot.press("l")
        assert "\x1b" not in app.text("#log") + app.message


async def test_many_findings_at_every_size() -> None:
    findings: list[Finding] = []
    for n in range(180):
        findings += [network(f"item{n}"), port(f"item{n}")]
    findings += [
        Finding("x", f.severity, f.what, host="new", item=f.item, subject=str(n), cause=f"cause{n}")
        for n, f in enumerate(findings[:200])
    ]
    app = stage(ScriptedFeed(*findings))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: causes(app))
        assert len(causes(app)) == 202
        for size in ((60, 15), (80, 24), (200, 60), (40, 12)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert app.screen.query_one("#keys").region.bottom == size[1]
            assert app.screen.query_one("#list").region.height >= 3
            assert app.screen.query_one("#detail").region.height >= 3
        await pilot.press("end")
        assert app.screen.query_one("#list", RowView).row is not None
        await pilot.press("slash", "question_mark", "escape")
        assert isinstance(app.screen, PreflightScreen)
