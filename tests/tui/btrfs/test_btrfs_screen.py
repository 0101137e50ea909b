"""The banner and the dialog about copy-on-write btrfs, on simulated hosts."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from textual.pilot import Pilot

from core.checks.model import On
from core.podman.model import Route
from core.simulated.engine import SimulatedEngine
from core.simulated.estates import seed_pair
from tests.tui.estate.stage import lines, make_app, new_host, old_host, until, until_listed
from tui.app import PodferryApp
from tui.screens.btrfs import BtrfsScreen
from tui.screens.fixes.screen import FixScreen
from tui.widgets.row_view import RowView


def shown(app: PodferryApp) -> str:
    return "\n".join(lines(app))


def dialog(app: PodferryApp) -> str:
    """What the dialog shows, without frame and line breaks."""
    return " ".join(" ".join(row.text for row in app.screen.query_one(RowView).rows).split())


async def until_asked(pilot: Pilot[Any], app: PodferryApp) -> None:
    await until(pilot, lambda: isinstance(app.screen, BtrfsScreen))
    await until(pilot, lambda: "folders" in dialog(app))


async def until_told(pilot: Pilot[Any], app: PodferryApp, text: str) -> None:
    await until(pilot, lambda: text in shown(app))


def both_on_btrfs() -> tuple[SimulatedEngine, SimulatedEngine]:
    old, new = seed_pair()
    new.world.info = replace(new.world.info, filesystem="btrfs", copy_on_write=True)
    return old, new


async def test_the_first_mark_for_a_checkpoint_tells_once() -> None:
    app = PodferryApp(*seed_pair())
    async with app.run_test(size=(80, 24)) as pilot:
        await until_listed(pilot, app)
        await pilot.press("e")
        assert app.screen is app.estate_screen
        await pilot.press("c")
        await until_asked(pilot, app)
        assert list(app.estate_screen.marks.values()) == [Route.CHECKPOINT]
        await pilot.press("escape")
        await pilot.press("down", "c")
        assert app.screen is app.estate_screen
        assert len(app.estate_screen.marks) == 2
        assert "old: copy-on-write btrfs (b)" in lines(app)[0]


async def test_it_says_what_is_known_and_fits_a_small_screen() -> None:
    old, new = seed_pair()
    old.world.info = replace(old.world.info, criu_version=(3, 16))
    app = PodferryApp(old, new)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_listed(pilot, app)
        await pilot.press("b")
        await until_asked(pilot, app)
        told = dialog(app)
        assert "overlay driver on btrfs" in told
        assert "3.16 has no fixes for btrfs, and is likely to fail there" in told
        assert "folders are copied on write" in told
        assert "not tried on this host yet" in told
        view = app.screen.query_one(RowView)
        assert view.size.height == len(view.rows)


async def test_the_fix_is_shown_asked_for_run_and_looked_at_again() -> None:
    old, new = seed_pair()
    app = PodferryApp(old, new)
    async with app.run_test(size=(120, 40)) as pilot:
        await until_listed(pilot, app)
        await pilot.press("b")
        await until_asked(pilot, app)
        await pilot.press("w")
        await until_told(pilot, app, "f first")
        await pilot.press("f")
        await until(pilot, lambda: isinstance(app.screen, FixScreen))
        assert "chattr" in dialog(app)
        assert "checksums" in dialog(app)
        await pilot.press("y")
        await until_told(pilot, app, "folders are nodatacow")
        assert (await old.store()).cow_folders == 0
        assert "folders are nodatacow" in dialog(app)
        assert "files (" in dialog(app)
        await pilot.press("w")
        await until(pilot, lambda: isinstance(app.screen, FixScreen))
        assert "is stopped meanwhile" in dialog(app)
        await pilot.press("y")
        await until_told(pilot, app, "no file is copied on write")
        assert (await old.store()).cow_files == 0
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.estate_screen)
        assert "btrfs (b)" not in lines(app)[0]


async def test_the_fix_is_taken_back() -> None:
    old, new = seed_pair()
    app = PodferryApp(old, new)
    async with app.run_test(size=(120, 40)) as pilot:
        await until_listed(pilot, app)
        await pilot.press("b")
        await until_asked(pilot, app)
        await pilot.press("z")
        await until_told(pilot, app, "no fix to take back")
        await pilot.press("f", "y")
        await until_told(pilot, app, "folders are nodatacow")
        await pilot.press("z", "y")
        await until_told(pilot, app, "folders are copied on write")
        assert (await old.store()).cow_folders > 0


async def test_one_host_is_ignored_and_the_other_is_not() -> None:
    app = PodferryApp(*both_on_btrfs())
    async with app.run_test(size=(80, 24)) as pilot:
        await until_listed(pilot, app)
        await pilot.press("c")
        await until_asked(pilot, app)
        assert "1 of 2" in shown(app)
        await pilot.press("tab")
        await until_told(pilot, app, "new keeps its containers")
        await pilot.press("tab")
        await until_told(pilot, app, "old keeps its containers")
        await pilot.press("i")
        await until_told(pilot, app, "new keeps its containers")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.estate_screen)
        assert app.estate_screen._btrfs.ignored == {On.SOURCE}
        assert "new: copy-on-write" in lines(app)[0]
        assert "old: copy-on-write" not in lines(app)[0]


async def test_no_btrfs_no_banner_and_no_dialog() -> None:
    app = make_app(new_host(), new_host(), tells_of_btrfs=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_listed(pilot, app)
        assert "btrfs" not in shown(app)
        await pilot.press("c", "b")
        assert app.screen is app.estate_screen


async def test_a_store_that_cannot_be_looked_at_is_told() -> None:
    app = make_app(old_host(), new_host(), tells_of_btrfs=True)
    async with app.run_test(size=(60, 15)) as pilot:
        await until_listed(pilot, app)
        await pilot.press("b")
        await until(pilot, lambda: isinstance(app.screen, BtrfsScreen))
        await until_told(pilot, app, "podman info failed")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.estate_screen)


async def test_what_is_under_way_is_told_and_the_way_out_fits_a_small_screen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = PodferryApp(*both_on_btrfs())
    async with app.run_test(size=(80, 24)) as pilot:
        await until_listed(pilot, app)
        await pilot.press("b")
        await until_asked(pilot, app)
        assert "esc Leave" in shown(app)
        back = asyncio.Event()

        async def canary(_: On) -> None:
            await back.wait()

        monkeypatch.setattr(app.estate_screen.lookout, "try_canary", canary)
        await pilot.press("t")
        await until_told(pilot, app, "Checkpointing and restoring a throwaway container ...")
        back.set()
        await until_told(pilot, app, "the canary is back")
