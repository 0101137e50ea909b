"""What came of an engine's work: commands that ran, containers put to sleep or woken."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class CommandRecord:
    """One command that ran on a host, for the log that the operator reads."""

    host: str
    argv: tuple[str, ...]
    """As run; what must not be seen is already masked."""
    started_s: float
    """Unix time."""
    seconds: float
    exit_code: int | None
    """None: it was stopped before it ended by itself."""
    stderr_tail: str = ""


class RestOutcome(StrEnum):
    """What became of a container that was to sleep over a reboot, or to wake after it."""

    ASLEEP = "asleep"
    """Stopped, with its checkpoint in its place."""
    AWAKE = "awake"
    """It goes on from its checkpoint."""
    RUNNING = "running"
    """Nobody had to wake it: it ran."""
    AFRESH = "afresh"
    """Started without its memory, because the operator wanted that rather than nothing."""
    SKIPPED = "skipped"
    """It did not run, so there was nothing to keep."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Rest:
    """What is true of one of them."""

    id: str
    name: str
    outcome: RestOutcome
    detail: str = ""
