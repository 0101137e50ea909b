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
    return _checked(table, text)


def wrong(key: str, what: str, *, line: int = 0, todo: str = "") -> UsageError:
    """What is wrong with a setting, and how to go on."""
    where = f"{config_path()}, line {line}" if line else str(config_path())
    on = "Mend it, or go on without it: podferry --no-config ..."
    told = f"{key}: {what}" if key else what
    return UsageError(told, host=where, todo=f"{todo}\n{on}" if todo else on)


def nearest(word: str, words: Iterable[str]) -> str:
    """`Did you mean ...?`, or which words there are."""
    known = sorted(words)
    close = difflib.get_close_matches(word, known, n=1)
    return f"Did you mean {close[0]}?" if close else f"There are: {', '.join(known)}."


def _checked(table: Mapping[str, Any], text: str) -> Config:
    for key in table:
        if key not in SETTINGS:
            todo = nearest(key, SETTINGS)
            raise wrong(key, "no such setting", line=_line(text, key), todo=todo)
    try:
        return msgspec.convert(table, Config)
    except msgspec.ValidationError as error:
        what, _, place = str(error).partition(" - at `$")
        key = place.strip("`.").split(".")[0].split("[")[0]
        allowed = SETTINGS[key][1]
        raise wrong(key, what, line=_line(text, key), todo=f"It is {allowed}.") from None


def _line(text: str, key: str) -> int:
    """The line that sets a key, from 1; 0: not found."""
    start = re.compile(rf"\s*(\[\s*)?[\"']?{re.escape(key)}\b")
    return next((n for n, line in enumerate(text.splitlines(), 1) if start.match(line)), 0)
