"""The operator's settings: `podferry/config.toml` under $XDG_CONFIG_HOME, read at start."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from core.errors import UsageError
from core.folders import config_folder

NOTIFY = "away", "always", "never"
Keys = str | list[str]


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What can be set; `SETTINGS` says what each is for."""

    theme: Literal["", "dark", "light", "high-contrast", "terminal"] = ""
    """Empty: the one chosen last, or what fits the terminal."""
    jobs: Annotated[int, msgspec.Meta(ge=1, le=16)] = 4
    notify: Literal["away", "always", "never"] = "away"
    keys: Mapping[str, Keys | Mapping[str, Keys]] = {}
    """Names of actions to keys, in all screens or, a table each, in one."""


DEFAULTS = Config()

SETTINGS: Mapping[str, tuple[str, str]] = {
    "theme": (
        "The colours; unset: those chosen last with the key for it.",
        "dark, light, high-contrast or terminal (its own 16 colours)",
    ),
    "jobs": ("How many items move at once, where the command line does not say.", "1 to 16"),
    "notify": (
        "Ring and notify at a run's end: while the terminal is not looked at, always, or never.",
        "away, always or never",
    ),
    "keys": ("Other keys for actions.", 'a table of action = "key" or ["key", "key"]'),
}
"""What each setting is for, and what it may be."""


def config_path() -> Path:
    """Where the settings lie."""
    return config_folder() / "config.toml"


def load_config() -> Config:
    """The settings in force; without a file, the defaults. Raises UsageError."""
    path = config_path()
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return DEFAULTS
    except (OSError, UnicodeError) as error:
        raise wrong("", f"cannot be read: {error}") from None
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise wrong("", f"not TOML: {error}") from None
    return _checked(table)


def wrong(key: str, what: str, *, todo: str = "") -> UsageError:
    """What is wrong with a setting, such as `keys.estate.go`, where, and how to go on."""
    line = _line(key) if key else 0
    where = f"{config_path()}, line {line}" if line else str(config_path())
    on = "Mend it, or go on without it: podferry --no-config ..."
    told = f"{key}: {what}" if key else what
    return UsageError(told, host=where, todo=f"{todo}\n{on}" if todo else on)


def nearest(word: str, words: Iterable[str]) -> str:
    """`Did you mean ...?`, or which words there are."""
    known = sorted(words)
    close = difflib.get_close_matches(word, known, n=1)
    return f"Did you mean {close[0]}?" if close else f"There are: {', '.join(known)}."


def _checked(table: Mapping[str, Any]) -> Config:
    for key in table:
        if key not in SETTINGS:
            raise wrong(key, "no such setting", todo=nearest(key, SETTINGS))
    try:
        return msgspec.convert(table, Config)
    except msgspec.ValidationError as error:
        what, _, place = str(error).partition(" - at `$")
        key = place.strip("`.").split(".")[0].split("[")[0]
        allowed = SETTINGS[key][1]
        raise wrong(key, what, todo=f"It is {allowed}.") from None


_HEADER = re.compile(r"\s*\[\s*([^\[\]]+?)\s*\]")
_SETS = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*'|\s*\.\s*)+?)\s*=""")


def _line(key: str) -> int:
    """The line that sets a key, from 1; 0: not found.

    What `keys` says of all screens may be meant by a key of one screen.
    """
    try:
        lines = config_path().read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeError):
        return 0
    places: dict[str, int] = {}
    table = ""
    for number, line in enumerate(lines, 1):
        if header := _HEADER.match(line):
            table = _plain(header[1])
            places.setdefault(table, number)
        elif sets := _SETS.match(line):
            places.setdefault(f"{table}.{_plain(sets[1])}".lstrip("."), number)
    parts = key.split(".")
    # A table may also stand in the line of its name.
    wider = (".".join(parts[:n]) for n in range(len(parts), 1, -1))
    of_all = f"{parts[0]}.{parts[-1]}"
    return next((places[k] for k in (key, of_all, *wider, parts[0]) if k in places), 0)


def _plain(key: str) -> str:
    return re.sub(r"[\s\"']", "", key)
