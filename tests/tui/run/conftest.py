"""A fixed time zone, and no waiting between two paints."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


@pytest.fixture(autouse=True)
def paints_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.screens.run.screen.PAINT_S", 0.0)
    # The tests tick by hand.
    monkeypatch.setattr("tui.screens.run.screen.TICK_S", 3600.0)
