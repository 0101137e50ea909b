"""The question before a run under way is left: leave it running, cancel it, or stay."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from textual.binding import Binding, BindingType

from tui.keymap import named
from tui.widgets.confirm import Question


class Leaving(StrEnum):
    """What to do with the run."""

    LEAVE = "leave"
    CANCEL = "cancel"
    STAY = "stay"


class LeaveScreen(Question[Leaving]):
    """Asks; enter is stay, because it may have been pressed for something else."""

    BINDINGS: ClassVar[list[BindingType]] = named(
        "leave",
        [
            Binding("l", "answer('leave')", "Leave"),
            Binding("X", "answer('cancel')", "Cancel all"),
            Binding("escape,enter,q", "answer('stay')", "Stay", key_display="esc"),
        ],
    )

    def __init__(self, run_id: str, source: str, *, outlives: bool) -> None:
        left = (
            f"it goes on, and podferry attach {run_id} comes back to it"
            if outlives
            else "it ends with the app, as it stands"
        )
        super().__init__(
            f"The run is under way.\nLeave: {left}.\n"
            f"Cancel all: what has not moved goes back to {source}, running."
        )

    def action_answer(self, answer: str) -> None:
        self.dismiss(Leaving(answer))
