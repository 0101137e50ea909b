"""The question before a run under way is left: leave it running, cancel it, or stay."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.keymap import named
from tui.widgets.confirm import ConfirmScreen
from tui.widgets.key_bar import KeyBar


class Leaving(StrEnum):
    """What to do with the run."""

    LEAVE = "leave"
    CANCEL = "cancel"
    STAY = "stay"


class LeaveScreen(ModalScreen[Leaving]):
    """Asks; enter is stay, because it may have been pressed for something else."""

    DEFAULT_CSS = ConfirmScreen.DEFAULT_CSS.replace("ConfirmScreen", "LeaveScreen")
    BINDINGS: ClassVar[list[BindingType]] = named(
        "leave",
        [
            Binding("l", "answer('leave')", "Leave"),
            Binding("X", "answer('cancel')", "Cancel all"),
            Binding("escape,enter,q", "answer('stay')", "Stay", key_display="esc"),
        ],
    )

    def __init__(self, run_id: str, source: str, *, outlives: bool) -> None:
        super().__init__()
        left = (
            f"it goes on, and podferry attach {run_id} comes back to it"
            if outlives
            else "it ends with the app, as it stands"
        )
        self._question = (
            f"The run is under way.\nLeave: {left}.\n"
            f"Cancel all: what has not moved goes back to {source}, running."
        )

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(self._question, markup=False)
            yield KeyBar(self.BINDINGS)

    def action_answer(self, answer: str) -> None:
        self.dismiss(Leaving(answer))
