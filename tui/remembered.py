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
    _keep(msgspec.structs.replace(recall(), theme=theme), _path())


def remember_pair(pair: Pair) -> None:
    """Put a pair first."""
    before = recall()
    others = (p for p in before.pairs if p != pair)
    _keep(msgspec.structs.replace(before, pairs=(pair, *others)[:_PAIRS]), _path())


class SeenNames(msgspec.Struct, frozen=True):
    """What was last seen on a host, for completion."""

    at_s: float = 0.0
    """When, in Unix time; 0: never."""
    items: tuple[str, ...] = ()
    containers: tuple[str, ...] = ()


def recall_names(host: str) -> SeenNames:
    """What was last seen on a host, by what the operator calls it."""
    return _all_names().get(host, SeenNames())


def remember_names(host: str, seen: SeenNames) -> None:
    """Keep what is on a host, and the last few others."""
    others = sorted(_all_names().items(), key=lambda pair: -pair[1].at_s)
    kept = [pair for pair in others if pair[0] != host][: _PAIRS - 1]
    _keep({host: seen, **dict(kept)}, _names_path())


def _all_names() -> dict[str, SeenNames]:
    try:
        return msgspec.json.decode(_names_path().read_bytes(), type=dict[str, SeenNames])
    except (OSError, msgspec.MsgspecError, ValueError, RecursionError):
        return {}


def _names_path() -> Path:
    return _path().with_name("seen-names.json")


def _keep(what: object, path: Path) -> None:
    """Write it, whole or not at all: forgetting is no reason to stop."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(what))
        Path(name).replace(path)
    except OSError:
        return
