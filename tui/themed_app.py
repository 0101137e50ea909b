"""What every app of Podferry looks like in a terminal, and how it is left."""

from __future__ import annotations

import os
from typing import ClassVar

from textual.app import App
from textual.binding import Binding, BindingType

from tui.theme import FULL, theme_for


class ThemedApp(App[int]):
    """An app in the colours that the terminal has; its result is an exit code."""

    TITLE = "Podferry"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q,ctrl+c", "quit", "Quit", show=False, priority=True),
    ]
    CSS = """
    Toast { padding: 0 1; margin: 0; }
    """

    def __init__(self) -> None:
        # Without colour only the terminal's own theme leaves reverse video to work with.
        no_color = "NO_COLOR" in os.environ
        super().__init__(ansi_color=True if no_color else None)
        self.register_theme(FULL)
        self.theme = theme_for(self.console.color_system, no_color=no_color)
