"""What screens ask of the app, which alone knows the way from one to the next."""

from __future__ import annotations

from collections.abc import Mapping

from textual.message import Message

from core.podman.model import Route


class GoAsked(Message):
    """The operator wants a plan made of the marks."""

    def __init__(self, marks: Mapping[str, Route]) -> None:
        super().__init__()
        self.marks = marks
        """By the items' names."""
