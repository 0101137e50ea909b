"""The log of a run: what is worth a line of it."""

from __future__ import annotations

from dataclasses import dataclass

from core.migrate.events import (
    CommandRan,
    Event,
    ItemEnded,
    ItemResult,
    Note,
    RollingBack,
    StepEnded,
    StepOutcome,
)
from core.podman.outcomes import CommandRecord


@dataclass(frozen=True, slots=True)
class Command:
    """A command that ended."""

    at_s: float
    """When it ended."""
    record: CommandRecord


@dataclass(frozen=True, slots=True)
class Remark:
    """Something told of an item."""

    at_s: float
    item: str
    word: str
    """What kind of remark it is, such as `note`."""
    text: str
    bad: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """An item reached its end."""

    at_s: float
    result: ItemResult


Entry = Command | Remark | Ended


def entry_of(event: Event, seen_s: float, step: str = "") -> Entry | None:
    """The line for an event; `seen_s` is the time for those that carry none.

    `step` is the title of the step that ends, if one does.
    """
    entry: Entry | None = None
    match event:
        case CommandRan(record):
            entry = Command(record.started_s + record.seconds, record)
        case Note(item, text):
            entry = Remark(seen_s, item, "note", text)
        case RollingBack(item, reason):
            entry = Remark(seen_s, item, "rolling back", reason, bad=True)
        case StepEnded(item, _, StepOutcome.SKIPPED, detail, at_s) if detail:
            entry = Remark(at_s, item, "skipped", _of(step, detail))
        case StepEnded(item, _, StepOutcome.FAILED, detail, at_s):
            entry = Remark(at_s, item, "step failed", _of(step, detail), bad=True)
        case ItemEnded(result, at_s):
            entry = Ended(at_s, result)
    return entry


def _of(step: str, detail: str) -> str:
    return f"{step}: {detail}" if step else detail
