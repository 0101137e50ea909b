from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.tui.estate.stage import make_app, new_host, old_host, until_listed
from tui.remembered import remember_theme

Compare = Callable[..., bool]
SIZES = pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 15)])


async def _mark_some(pilot: Pilot[Any]) -> None:
    await until_listed(pilot, pilot.app)  # type: ignore[arg-type]
    await pilot.press("e", "right", "down", "down", "down", "space", "down", "v", "down")
    await pilot.pause()


@SIZES
def test_estate(snap_compare: Compare, size: tuple[int, int]) -> None:
    app = make_app(old_host(), new_host(), demo=True)
    assert snap_compare(app, terminal_size=size, run_before=_mark_some)


@SIZES
def test_unreachable(snap_compare: Compare, size: tuple[int, int]) -> None:
    target = new_host()
    target.cut_off()

    async def listed(pilot: Pilot[Any]) -> None:
        await until_listed(pilot, app)

    app = make_app(old_host(), target)
    assert snap_compare(app, terminal_size=size, run_before=listed)


@pytest.mark.parametrize("theme", ["light", "high-contrast", "terminal"])
def test_theme(snap_compare: Compare, theme: str) -> None:
    remember_theme(theme)
    app = make_app(old_host(), new_host(), demo=True)
    assert snap_compare(app, terminal_size=(80, 24), run_before=_mark_some)


def test_no_colour(snap_compare: Compare, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = make_app(old_host(), new_host())
    assert snap_compare(app, terminal_size=(80, 24), run_before=_mark_some)


def test_help(snap_compare: Compare) -> None:
    async def ask(pilot: Pilot[Any]) -> None:
        await until_listed(pilot, app)
        await pilot.press("question_mark")

    app = make_app(old_host(), new_host())
    assert snap_compare(app, terminal_size=(80, 24), run_before=ask)
