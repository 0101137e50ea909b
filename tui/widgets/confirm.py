"""A question to be answered with yes or no."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from tui.keymap import named
from tui.widgets.dialog import Answer, Dialog
from tui.widgets.key_bar import KeyBar


class Question(Dialog[Answer]):
    """A question, and the keys that answer it."""

    DEFAULT_CSS = "Question > Vertical { padding: 0 1; }"

    def __init__(self, question: str) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(self._question, markup=False)
            yield KeyBar(self.BINDINGS)


class ConfirmScreen(Question[bool]):
    """Asks; enter is no, because it may have been pressed for something else."""

    BINDINGS: ClassVar[list[BindingType]] = named(
        "confirm",
        [
            Binding("y", "answer(True)", "Yes", id="yes"),
            Binding("n,escape,enter", "answer(False)", "No", id="no"),
        ],
    )

    def action_answer(self, answer: bool) -> None:
        self.dismiss(answer)
