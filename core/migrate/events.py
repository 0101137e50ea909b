"""What the runner says while it works: all that screens and scripts see of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.plan.model import Plan
from core.podman.model import Kind, Route
from core.podman.outcomes import CommandRecord


class Outcome(StrEnum):
    """How an item of a run ended."""

    MOVED = "moved"
    ROLLED_BACK = "rolled_back"
    """It did not move; the source runs it again, and the target holds nothing of it."""
    FAILED = "failed"
    """It did not move, and something needs the operator: the reason says what is true now."""
    BLOCKED = "blocked"
    """Nothing was done to it."""
    CANCELLED = "cancelled"
    """Stopped by the operator; the source runs it."""


class StepOutcome(StrEnum):
    """How a step ended."""

    DONE = "done"
    SKIPPED = "skipped"
    """There was nothing to do, such as an image that the target has."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ItemResult:
    """One item at the end of a run."""

    name: str
    kind: Kind
    route: Route
    outcome: Outcome
    downtime_s: float | None
    """None: it was never down."""
    bytes: int
    reason: str = ""
    losses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RunStarted:
    """First event of a run."""

    run_id: str
    plan: Plan
    at_s: float


@dataclass(frozen=True, slots=True)
class ItemStarted:
    """Work on an item begins."""

    item: str
    at_s: float


@dataclass(frozen=True, slots=True)
class StepStarted:
    """A step begins; `index` counts within the item's planned steps."""

    item: str
    index: int
    title: str
    at_s: float


@dataclass(frozen=True, slots=True)
class StepEnded:
    """A step ended."""

    item: str
    index: int
    outcome: StepOutcome
    detail: str
    at_s: float
    bytes: int = 0
    """What it moved between the hosts."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Bytes of the stream that an item has under way, sampled by the ticker."""

    item: str
    done_bytes: int
    total_bytes: int | None
    """None: not known beforehand. An estimate, where it is known."""
    rate_bytes_s: float
    eta_s: float | None


@dataclass(frozen=True, slots=True)
class WentDown:
    """The item has stopped serving on the source; its downtime clock runs."""

    item: str
    at_s: float


@dataclass(frozen=True, slots=True)
class CameUp:
    """First proof of life, on the target or, after a rollback, on the source."""

    item: str
    host: str
    downtime_s: float


@dataclass(frozen=True, slots=True)
class Note:
    """Something that the operator should know, such as a retry and its cause."""

    item: str
    text: str


@dataclass(frozen=True, slots=True)
class CommandRan:
    """A command ended on a host."""

    record: CommandRecord


@dataclass(frozen=True, slots=True)
class RollingBack:
    """The item failed or was cancelled, and is being brought back to the source."""

    item: str
    reason: str


@dataclass(frozen=True, slots=True)
class ItemEnded:
    """Work on an item ended."""

    result: ItemResult
    at_s: float


@dataclass(frozen=True, slots=True)
class RunEnded:
    """Last event of a run."""

    run_id: str
    results: tuple[ItemResult, ...]
    at_s: float


Event = (
    RunStarted
    | ItemStarted
    | StepStarted
    | StepEnded
    | Progress
    | WentDown
    | CameUp
    | Note
    | CommandRan
    | RollingBack
    | ItemEnded
    | RunEnded
)


@dataclass(frozen=True, slots=True)
class Cancel:
    """Told to the runner: bring this item back to the source, or all of them."""

    item: str | None = None
    """None: all."""
