"""The fixes that Podferry has carried out, over all runs: for the reports of those."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

import msgspec

from core.journal.journal import runs_folder

_log = logging.getLogger(__name__)


class FixOutcome(StrEnum):
    """How a fix ended."""

    DONE = "done"
    FAILED = "failed"
    TAKEN_BACK = "taken back"


@dataclass(frozen=True, slots=True)
class FixRecord:
    """One fix, or one that was taken back."""

    at_s: float
    """Unix time of its end."""
    title: str
    outcome: FixOutcome
    hosts: tuple[str, ...]
    """Labels of those that it worked on."""
    stores: tuple[str, ...]
    """Which stores these had."""
    commands: tuple[tuple[str, tuple[str, ...]], ...]
    """Host and arguments of each, as they were shown beforehand."""
    detail: str = ""
    """Of one that failed: what, and what of it was done."""


def record_fix(fix: FixRecord) -> None:
    """Write it down; trouble with that is logged, and never the fix's."""
    line = json.dumps(asdict(fix)) + "\n"
    try:
        path = _path()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        opened = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        with os.fdopen(opened, "a") as file:
            file.write(line)
    except OSError as error:
        _log.warning("a fix is not in the reports: %s: %s", fix.title, error)


def fixes_of(
    hosts: Sequence[str], stores: Sequence[str], since_s: float, until_s: float
) -> Iterator[FixRecord]:
    """Those of one of these hosts, by store or by label, that ended between two moments."""
    try:
        lines = _path().read_bytes().splitlines()
    except OSError:
        return
    ours, labels = set(filter(None, stores)), set(hosts)
    for line in lines:
        try:
            fix = msgspec.convert(json.loads(line), FixRecord)
        except (ValueError, TypeError) as error:
            _log.info("a line of the fixes cannot be read: %s", error)
            continue
        same = ours & set(fix.stores) or labels & set(fix.hosts)
        if same and since_s <= fix.at_s <= until_s:
            yield fix


def _path() -> Path:
    return runs_folder().parent / "fixes.jsonl"
