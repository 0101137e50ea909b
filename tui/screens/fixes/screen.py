"""Asks once before a fix runs, with all of it in sight."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.keymap import named
from tui.widgets.key_bar import KeyBar
from tui.widgets.row_view import Build, RowView

_FRAME = 4
"""Rows of the border, the question and the keys."""


class FixScreen(ModalScreen[bool]):
    """Enter is no, because it may have been pressed for something else."""

    DEFAULT_CSS = """
    FixScreen {
        align: center middle;
        & > Vertical {
            width: 96;
            max-width: 100%;
            height: auto;
            background: $panel;
            border: round $warning;
        }
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

    def on_mount(self) -> None:
        self._fit()

    def on_resize(self) -> None:
        self._fit()

    def _fit(self) -> None:
        """As high as what it shows, as far as the screen goes."""
        view = self.query_one(RowView)
        inner = min(96, self.size.width) - 4
        needed = len(self._build(max(8, inner - 1)))
        view.styles.height = max(1, min(needed, self.size.height - _FRAME))

    def action_answer(self, answer: bool) -> None:
        self.dismiss(answer)
