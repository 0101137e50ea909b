"""A question to be answered with yes or no."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.keymap import named
from tui.widgets.key_bar import KeyBar


class ConfirmScreen(ModalScreen[bool]):
    """Asks; enter is no, because it may have been pressed for something else."""

    DEFAULT_CSS = """
    ConfirmScreen {
        align: center middle;
        & > Vertical {
            width: 60;
            max-width: 100%;
            height: auto;
            background: $panel;
            border: round $warning;
            padding: 0 1;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = named(
        "confirm",
        [
            Binding("y", "answer(True)", "Yes", id="yes"),
            Binding("n,escape,enter", "answer(False)", "No", id="no"),
        ],
    )

    def __init__(self, question: str) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(self._question, markup=False)
            yield KeyBar(self.BINDINGS)

    def action_answer(self, answer: bool) -> None:
        self.dismiss(answer)
