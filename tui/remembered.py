"""What the app remembers from one time to the next: the theme, and which hosts were opened."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import msgspec

from core.journal.journal import runs_folder

_PAIRS = 20
"""How many pairs of hosts are kept."""


class Pair(msgspec.Struct, frozen=True):
    """A source and a target that the app was opened on, as the operator named them."""

    source: str
    target: str = ""
    """Empty: there was none."""


class Remembered(msgspec.Struct, frozen=True):
    """All of it."""

    theme: str = ""
    """One of `tui.theme.THEMES`; empty: none was chosen."""
    pairs: tuple[Pair, ...] = ()
    """The last one first."""


def _path() -> Path:
    """Beside the journals."""
    return runs_folder().parent / "remembered.json"


def recall() -> Remembered:
    """What is remembered; a file that is missing or damaged counts as nothing."""
    try:
        return msgspec.json.decode(_path().read_bytes(), type=Remembered)
    except (OSError, msgspec.MsgspecError, ValueError, RecursionError):
        return Remembered()


def remember_theme(theme: str) -> None:
    """Keep the theme that was chosen."""
    _keep(msgspec.structs.replace(recall(), theme=theme))


def remember_pair(pair: Pair) -> None:
    """Put a pair first."""
    before = recall()
    others = (p for p in before.pairs if p != pair)
    _keep(msgspec.structs.replace(before, pairs=(pair, *others)[:_PAIRS]))


def _keep(what: Remembered) -> None:
    """Write it, whole or not at all: forgetting is no reason to stop."""
    path = _path()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(what))
        Path(name).replace(path)
    except OSError:
        return
