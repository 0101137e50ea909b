from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from core.checks.model import On
from core.simulated.engine import SimulatedEngine
from core.simulated.estates import seed_pair
from tests.tui.run.stage import Stage, until
from tui.lookout import Lookout
from tui.screens.btrfs import BtrfsScreen
from tui.widgets.bar import Bar

SIZES = pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 15)])
Compare = Callable[..., bool]


class Connected(Stage):
    """The dialog over nothing, on simulated hosts."""

    def __init__(self, engines: tuple[SimulatedEngine, SimulatedEngine]) -> None:
        super().__init__(BtrfsScreen(Lookout(*engines), [On.SOURCE]))
        self._engines = engines

    async def on_load(self) -> None:
        for engine in self._engines:
            await engine.connect()


def press(*keys: str) -> Callable[[Pilot[Any]], Any]:
    async def until_seen(pilot: Pilot[Any]) -> None:
        bars = pilot.app.screen.query(Bar)
        await until(pilot, lambda: "Looking" not in " ".join(bar.text for bar in bars))
        await pilot.press(*keys)
        if "y" not in keys:
            return
        await until(pilot, lambda: isinstance(pilot.app.screen, BtrfsScreen))
        await until(pilot, lambda: "looked" in " ".join(b.text for b in bars))

    return until_seen


@SIZES
def test_dialog(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert snap_compare(Connected(seed_pair()), terminal_size=size, run_before=press())


@SIZES
def test_fix(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert snap_compare(Connected(seed_pair()), terminal_size=size, run_before=press("f"))


def test_fixed(snap_compare: Compare) -> None:
    app = Connected(seed_pair())
    assert snap_compare(app, terminal_size=(80, 24), run_before=press("f", "y"))


def test_sixteen_colours(snap_compare: Compare, monkeypatch: pytest.MonkeyPatch) -> None:
    app = Connected(seed_pair())
    app.theme = "ansi-dark"
    assert snap_compare(app, terminal_size=(80, 24), run_before=press())
