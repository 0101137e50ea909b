"""What a failure of CRIU or Podman means, and what to do: a catalogue of what their logs say."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import chain, islice
from typing import Any

from core.checks.model import Flag

_CATALOGUE = "failures.yaml"
_MOST_LINES = 5
_AROUND = 200
"""Characters of a line kept before what was found in it; twice as many after."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One known failure; failures.yaml explains the fields."""

    id: str
    patterns: tuple[re.Pattern[str], ...]
    cause: str
    remedy: str
    source: str
    excerpt: str
    check: str = ""
    """The preflight check that sees it beforehand; empty if none does."""
    key: bool = False
    """That check offers a fix."""
    transient: bool = False
    flag: Flag | None = None
    """A dump with it does not fail so."""


@dataclass(frozen=True, slots=True)
class Translation:
    """What a log says, in the operator's words."""

    id: str
    cause: str
    remedy: str
    check: str
    key: bool
    """A key settles what that check finds."""
    transient: bool
    """Trying again may succeed."""
    flag: Flag | None
    """Trying again with it may succeed."""
    lines: tuple[str, ...]
    """The log's own lines that told it."""


def translate(log: str) -> Translation | None:
    """What the output of a command that failed means; None if it is not known.

    The log is text from outside: what it says is quoted, never obeyed.
    """
    for failure in catalogue():
        matches = chain.from_iterable(pattern.finditer(log) for pattern in failure.patterns)
        if found := list(islice(matches, _MOST_LINES)):
            words = defaultdict(str, {k: v for k, v in found[0].groupdict().items() if v})
            return Translation(
                id=failure.id,
                cause=failure.cause.format_map(words),
                remedy=failure.remedy.format_map(words),
                check=failure.check,
                key=failure.key,
                transient=failure.transient,
                flag=failure.flag,
                lines=tuple(dict.fromkeys(_line(log, match.start()) for match in found)),
            )
    return None


def _line(log: str, at: int) -> str:
    """The line of a log that a position is on, cut to what is around it if it is long."""
    begin, end = max(0, at - _AROUND), at + 2 * _AROUND
    before, after = log[begin:at], log[at:end]
    return (before.rpartition("\n")[2] + after.partition("\n")[0]).strip()


@cache
def catalogue() -> tuple[Failure, ...]:
    """All known failures, the more specific first."""
    import yaml

    text = (resources.files(__package__) / _CATALOGUE).read_text(encoding="utf-8")
    return tuple(_failure(entry) for entry in yaml.safe_load(text))


def _failure(entry: dict[str, Any]) -> Failure:
    patterns = tuple(re.compile(pattern) for pattern in entry.pop("patterns"))
    flag = Flag(entry.pop("flag")) if "flag" in entry else None
    return Failure(patterns=patterns, flag=flag, **entry)
