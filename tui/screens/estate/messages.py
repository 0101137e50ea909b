"""What the watchers of the two hosts report, and what the operator asks of a pane."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from textual.message import Message

from core.errors import PodferryError
from core.podman.model import Estate, HostInfo, Usage


class Side(StrEnum):
    """Which of the two hosts."""

    SOURCE = "source"
    TARGET = "target"


class HostReport(Message):
    """Something was learnt about a host."""

    def __init__(self, side: Side) -> None:
        super().__init__()
        self.side = side


class Connecting(HostReport):
    """A connection is being made."""


class Connected(HostReport):
    """The host answers."""

    def __init__(self, side: Side, info: HostInfo) -> None:
        super().__init__(side)
        self.info = info


class EstateTaken(HostReport):
    """The estate was listed; a newer listing replaces one that waits."""

    def __init__(self, side: Side, estate: Estate) -> None:
        super().__init__(side)
        self.estate = estate

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, EstateTaken) and message.side is self.side


class UsageTaken(HostReport):
    """Memory and processor use were measured."""

    def __init__(self, side: Side, usage: Mapping[str, Usage]) -> None:
        super().__init__(side)
        self.usage = usage

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, UsageTaken) and message.side is self.side


class Surveyed(Message):
    """Both hosts were looked at for the checks, or could not be."""

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, Surveyed)


class HostLost(HostReport):
    """The host cannot be reached, or cannot be used, and why."""

    def __init__(self, side: Side, error: PodferryError) -> None:
        super().__init__(side)
        self.error = error
