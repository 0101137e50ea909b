"""An app with nothing but the screen under test, and how to wait for what it shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.app import App
from textual.pilot import Pilot
from textual.screen import Screen

from tui.theme import DARK
from tui.widgets.bar import Bar
from tui.widgets.row_view import RowView


class Stage(App[Any]):
    """Shows one screen, and keeps what it was dismissed with."""

    def __init__(self, screen: Screen[Any], *, ansi: bool = False) -> None:
        super().__init__(ansi_color=ansi or None)
        self._shown = screen
        self.register_theme(DARK)
        self.theme = "ansi-dark" if ansi else DARK.name
        self.dismissed: list[Any] = []

    def on_mount(self) -> None:
        self.push_screen(self._shown, self.dismissed.append)

    def text(self, selector: str) -> str:
        """What a list shows, all of its rows."""
        return "\n".join(r.text for r in self.screen.query_one(selector, RowView).rows)

    @property
    def message(self) -> str:
        """What the message line says."""
        return self.screen.query_one(Bar).text


async def until(pilot: Pilot[Any], condition: Callable[[], object]) -> None:
    """Let the app work until the condition holds."""
    for _ in range(200):
        if condition():
            return
        await pilot.pause()
    raise AssertionError("It never came true.")
