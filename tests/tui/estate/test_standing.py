"""What the checks say of the items, in the rows, the sums and the keys, on simulated hosts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from textual.message import Message
from textual.pilot import Pilot

from core.checks.model import On
from core.podman.model import Route
from core.simulated.estates import seed_pair
from tests.tui.estate.stage import lines, make_app, new_host, old_host, until, until_listed
from tui.app import PodferryApp
from tui.screens.btrfs import BtrfsScreen
from tui.screens.estate.messages import Surveyed
from tui.screens.estate.standing import Standing
from tui.screens.fixes.errand import Errand
from tui.screens.fixes.screen import FixScreen
from tui.screens.preflight import PreflightScreen
from tui.widgets.confirm import ConfirmScreen
from tui.widgets.row_view import RowView


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.lookout.SETTLE_S", 0.0)


def simulated() -> PodferryApp:
    return PodferryApp(*seed_pair(conflicts=True), demo=True)


async def until_seen(pilot: Pilot[Any], app: PodferryApp) -> None:
    await until_listed(pilot, app)
    table = app.estate_screen.source.table
    await until(pilot, lambda: all(r.standing is not Standing.UNKNOWN for r in table.rows))
    app.estate_screen._btrfs.first_time(On)
    await pilot.pause()


def row_of(app: PodferryApp, name: str) -> str:
    return next(line for line in lines(app)[2:] if f"{name} " in line)


async def find(pilot: Pilot[Any], name: str) -> None:
    await pilot.press("slash", *name, "enter")


async def test_every_row_tells_how_its_item_stands() -> None:
    app = simulated()
    async with app.run_test(size=(120, 40)) as pilot:
        await until_seen(pilot, app)
        await find(pilot, "exporter")
        assert "· ■ " in row_of(app, "exporter")
        await pilot.press("escape")
        await find(pilot, "dns")
        assert "· ✓ " in row_of(app, "dns")


async def test_space_marks_by_what_the_checks_advise() -> None:
    app = simulated()
    async with app.run_test(size=(120, 40)) as pilot:
        await until_seen(pilot, app)
        await find(pilot, "old-report")
        await pilot.press("space", "escape")
        await find(pilot, "dns")
        await pilot.press("space")
        assert app.estate_screen.marks == {"old-report": Route.KUBE, "dns": Route.CHECKPOINT}


async def test_the_sums_say_how_many_are_blocked_and_the_sign_follows_the_route() -> None:
    app = simulated()
    async with app.run_test(size=(120, 40)) as pilot:
        await until_seen(pilot, app)
        await find(pilot, "old-report")
        await pilot.press("e")
        await pilot.pause()
        assert "K ✓ " in row_of(app, "old-report")
        assert "blocked" not in lines(app)[-2]
        await pilot.press("c")
        await pilot.pause()
        assert "C ■ " in row_of(app, "old-report")
        assert "1 item marked  ■ 1 blocked" in lines(app)[-2]


async def test_both_hosts_are_looked_at_again_only_when_an_estate_changes() -> None:
    heard: list[Message] = []

    def looks() -> int:
        return sum(isinstance(m, Surveyed) for m in heard)

    source, target = seed_pair()
    app = PodferryApp(source, target)
    async with app.run_test(size=(120, 40), message_hook=heard.append) as pilot:
        await until_seen(pilot, app)
        before = looks()
        listed = app.estate_screen.source.estate
        app.estate_screen._watchers[app.estate_screen.source.side].refresh()
        await until(pilot, lambda: app.estate_screen.source.estate is not listed)
        await pilot.pause()
        assert looks() == before
        dns = next(i for i in app.estate_screen.source.items if i.name == "dns")
        await source.stop(dns.kind, "dns")
        await until(pilot, lambda: looks() > before)
        report = app.estate_screen._report
        assert report is not None
        assert report.advised("dns") is Route.KUBE


async def test_a_host_that_cannot_be_looked_at_costs_the_signs_only() -> None:
    app = make_app(old_host(), new_host())
    async with app.run_test(size=(80, 24)) as pilot:
        await until_listed(pilot, app)
        lookout = app.estate_screen.lookout
        assert lookout is not None
        await until(pilot, lambda: lookout.error is not None)
        await pilot.press("space", "p")
        await until(pilot, lambda: isinstance(app.screen, PreflightScreen))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.estate_screen)
        assert app.estate_screen.marks


async def test_details_tell_the_findings() -> None:
    app = simulated()
    async with app.run_test(size=(120, 40)) as pilot:
        await until_seen(pilot, app)
        await find(pilot, "exporter")
        await pilot.press("d")
        await until(pilot, lambda: "Findings" in "\n".join(lines(app)))
        assert "port 9100" in "\n".join(lines(app))


async def test_a_missing_network_is_made_with_one_key_and_taken_back() -> None:
    source, target = seed_pair()
    app = PodferryApp(source, target)
    async with app.run_test(size=(120, 40)) as pilot:
        await until_seen(pilot, app)
        await pilot.press("p")
        await until(pilot, lambda: "network web is missing" in "\n".join(lines(app)))
        listed = app.screen.query_one("#list", RowView)

        def has_cause(start: str) -> Callable[[], bool]:
            return lambda: any(row.copy.startswith(start) for row in listed.rows)

        listed.move_to("network-missing\0new\0web")
        await pilot.press("f")
        await until(pilot, lambda: isinstance(app.screen, FixScreen))
        await pilot.press("y")
        await until(pilot, lambda: not has_cause("network web")())
        assert "web" in (await target.inventory()).networks
        await pilot.press("l")
        await until(pilot, lambda: "podman network create" in "\n".join(lines(app)))
        await pilot.press("escape", "z", "y")
        await until(pilot, has_cause("network web"))
        assert "web" not in (await target.inventory()).networks
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.estate_screen)


async def test_without_a_target_there_is_no_preflight() -> None:
    app = make_app(old_host(), None)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_listed(pilot, app)
        await pilot.press("p")
        assert app.screen is app.estate_screen


async def test_a_canary_stands_on_top_until_a_host_is_changed() -> None:
    app = PodferryApp(*seed_pair())
    async with app.run_test(size=(120, 40)) as pilot:
        await until_seen(pilot, app)
        await pilot.press("p")
        await until(pilot, lambda: "network web is missing" in "\n".join(lines(app)))
        listed = app.screen.query_one("#list", RowView)
        await pilot.press("t")
        await until(pilot, lambda: "a canary really was" in listed.rows[0].text)
        assert listed.rows[0].text.startswith("· ")
        listed.move_to("network-missing\0new\0web")
        await pilot.press("f", "y")
        await until(pilot, lambda: "canary" not in listed.rows[0].text)


async def test_quitting_while_a_host_is_changed_is_asked_about() -> None:
    app = PodferryApp(*seed_pair())
    over = asyncio.Event()
    async with app.run_test(size=(120, 40)) as pilot:
        await until_seen(pilot, app)
        await pilot.press("b")
        await until(pilot, lambda: isinstance(app.screen, BtrfsScreen))
        app.screen.query_one(Errand).begin("rewriting ...", over.wait, changing=True)
        await pilot.press("ctrl+q")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, BtrfsScreen))
        await pilot.press("escape", "i", "f")
        assert isinstance(app.screen, BtrfsScreen)
        over.set()
        await until(pilot, lambda: not app.screen.query_one(Errand).busy)
        await pilot.press("ctrl+q")
    assert app.return_code == 0
