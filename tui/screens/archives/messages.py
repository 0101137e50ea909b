"""What the workers that read archives report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from textual.message import Message

from core.archive.library import Kept, Whole
from core.errors import PodferryError
from tui.widgets.sections import Section


class Listed(Message):
    """What lies in the folder now."""

    def __init__(self, archives: Sequence[Kept]) -> None:
        super().__init__()
        self.archives = archives


class Hashing(Message):
    """So much of an archive has been hashed."""

    def __init__(self, name: str, percent: int) -> None:
        super().__init__()
        self.name = name
        self.percent = percent

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, Hashing)


class Verified(Message):
    """Whether an archive is what was kept."""

    def __init__(self, path: Path, whole: Whole) -> None:
        super().__init__()
        self.path = path
        self.whole = whole


class WasRead(Message):
    """What is inside an archive, or how two of them differ."""

    def __init__(self, title: str, sections: Sequence[Section]) -> None:
        super().__init__()
        self.title = title
        self.sections = sections


class Failed(Message):
    """What could not be done, and why."""

    def __init__(self, error: PodferryError) -> None:
        super().__init__()
        self.error = error
