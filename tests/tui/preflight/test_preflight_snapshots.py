from __future__ import annotations

from collections.abc import Callable

import pytest
from textual.pilot import Pilot

from tests.tui.preflight.scripted import ScriptedFeed, hostile, some
from tests.tui.run.stage import Stage, until
from tui.screens.preflight import PreflightScreen
from tui.widgets.row_view import RowView

SIZES = pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 15)])
Compare = Callable[..., bool]


def run(*keys: str) -> Callable[[Pilot[None]], object]:
    async def listed(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: pilot.app.screen.query_one("#list", RowView).rows)
        await pilot.press(*keys)

    return listed


def stage(*, ansi: bool = False) -> Stage:
    return Stage(PreflightScreen(ScriptedFeed(*some(), hostile()), {}), ansi=ansi)


@SIZES
def test_preflight(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert snap_compare(stage(), terminal_size=size, run_before=run("end", "up"))


@SIZES
def test_asking(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert snap_compare(stage(), terminal_size=size, run_before=run("end", "up", "f"))


def test_sixteen_colours(snap_compare: Compare) -> None:
    assert snap_compare(stage(ansi=True), terminal_size=(80, 24), run_before=run("down"))
