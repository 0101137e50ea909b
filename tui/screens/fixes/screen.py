"""Asks once before a fix runs, with all of it in sight."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from tui.keymap import named
from tui.widgets.dialog import RowsDialog
from tui.widgets.key_bar import KeyBar
from tui.widgets.row_view import Build, RowView


class FixScreen(RowsDialog[bool]):
    """Enter is no, because it may have been pressed for something else."""

    DEFAULT_CSS = """
    FixScreen {
        & > Vertical { width: 96; }
        & Static { padding: 0 1; text-style: bold; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = named(
        "fix",
        [
            Binding("y", "answer(True)", "Yes, do it", id="yes"),
            Binding("n,escape,enter", "answer(False)", "No", id="no", key_display="n"),
            Binding("up,down", "", "Scroll", id="scroll", key_display="↑↓"),
        ],
    )

    def __init__(self, build: Build, question: str) -> None:
        super().__init__()
        self._build = build
        self._question = question

    def compose(self) -> ComposeResult:
        view = RowView(self._build)
        view.can_focus = True
        with Vertical():
            yield view
            yield Static(self._question, markup=False)
            yield KeyBar(self.BINDINGS)

    def needed(self, width: int) -> int:
        return len(self._build(width))

    def action_answer(self, answer: bool) -> None:
        self.dismiss(answer)
