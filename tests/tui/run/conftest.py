"""No waiting between two paints."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def paints_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.screens.run.screen.PAINT_S", 0.0)
    # The tests tick by hand.
    monkeypatch.setattr("tui.screens.run.screen.TICK_S", 3600.0)
