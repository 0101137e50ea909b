"""What screens ask of the app, which alone knows the way from one to the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path

from textual.message import Message

from core.podman.engine import Engine
from core.podman.model import Item, Route

HOSTS_ASKED = -1
"""The app's result when the operator wants it opened on other hosts."""


class RunsAsked(Message):
    """A screen wants to hear of runs that are under way elsewhere, or were broken off."""


class ResumeAsked(Message):
    """The operator wants to see a run that is under way elsewhere, or was broken off."""


class RunOver(Message):
    """A run has ended, which the operator may be waiting for elsewhere."""

    def __init__(self, told: str) -> None:
        super().__init__()
        self.told = told
        """Such as `2 moved, 1 rolled back`."""


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


class KeepAsked(Message):
    """The operator wants a checkpoint of an item, or of one of its containers, as a file."""

    def __init__(self, engine: Engine, item: Item, container_ids: Sequence[str]) -> None:
        super().__init__()
        self.engine = engine
        self.item = item
        self.container_ids = container_ids


class RestoreAsked(Message):
    """The operator wants an archive restored."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path


class RestoreOver(Message):
    """An archive has been restored, or not: what became of it has been told."""


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
