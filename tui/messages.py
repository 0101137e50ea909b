"""What screens ask of the app, which alone knows the way from one to the next."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from textual.message import Message

from core.podman.model import Route


class ResumeAsked(Message):
    """The operator wants to see what a run left unfinished."""


class GoAsked(Message):
    """The operator wants a plan made of the marks."""

    def __init__(self, marks: Mapping[str, Route]) -> None:
        super().__init__()
        self.marks = marks
        """By the items' names."""


class Decision(StrEnum):
    """The two ends of a moved item."""

    ACCEPT = "accept"
    ROLL_BACK = "rollback"


class SettleAsked(Message):
    """The operator has decided about items that have moved."""

    def __init__(self, decision: Decision, items: Mapping[str, str]) -> None:
        super().__init__()
        self.decision = decision
        self.items = items
        """Names to the IDs of the runs that moved them."""


class VerifyAsked(Message):
    """The operator wants to see whether what a run has moved is alive as it was."""

    def __init__(self, run_id: str) -> None:
        super().__init__()
        self.run_id = run_id
        """Empty: the newest run between the hosts."""


class Settled(Message):
    """What the operator decided about items is done, as far as it could be."""
