"""A run as its report tells it: what moved, how, how long it was down, and what it took."""

from __future__ import annotations

from dataclasses import dataclass

from core.evidence.model import Compared, Verdict
from core.journal.fixes import FixRecord
from core.journal.history import RunState
from core.migrate.chronicle import HostSeen


@dataclass(frozen=True, slots=True)
class Times:
    """When an item came to what; Unix times, None: it never did, or that was not kept."""

    began_s: float | None = None
    down_s: float | None = None
    """It stopped serving on the source."""
    up_s: float | None = None
    """It served again, on the host `up_on`."""
    ended_s: float | None = None
    up_on: str = ""


@dataclass(frozen=True, slots=True)
class StepTold:
    """One step of an item."""

    title: str
    outcome: str
    """Empty: it was broken off."""
    began_s: float
    seconds: float | None
    """None: it was broken off."""
    bytes: int = 0
    detail: str = ""

    @property
    def rate_bytes_s(self) -> float | None:
        """Mean over the whole step; None if it moved nothing."""
        return self.bytes / self.seconds if self.bytes and self.seconds else None


@dataclass(frozen=True, slots=True)
class ItemTold:
    """One item of the run."""

    name: str
    id: str
    kind: str
    route: str
    outcome: str
    """As in Outcome; empty while it is open."""
    reason: str
    settled: str
    """`accepted`, `rolled_back` or empty."""
    settled_s: float | None
    downtime_s: float | None
    """None: it was never down."""
    bytes: int
    times: Times
    steps: tuple[StepTold, ...]
    losses: tuple[str, ...]
    """What its route could not carry over."""
    notes: tuple[str, ...]
    compared: tuple[Compared, ...]


@dataclass(frozen=True, slots=True)
class CommandTold:
    """A command that ran on a host; what must not be seen is masked."""

    host: str
    argv: tuple[str, ...]
    began_s: float
    seconds: float
    exit_code: int | None
    """None: it was stopped."""


@dataclass(frozen=True, slots=True)
class Report:
    """The whole run."""

    run_id: str
    state: RunState
    source: HostSeen
    target: HostSeen
    began_s: float
    ended_s: float | None
    """None: it is under way, was broken off, or its times were not kept."""
    items: tuple[ItemTold, ...]
    fixes: tuple[FixRecord, ...]
    """Those on either host in the day before the run, and during it."""
    commands: tuple[CommandTold, ...]
    complete: bool
    """False: of times, steps and commands nothing was kept."""

    @property
    def bytes(self) -> int:
        """What went from host to host."""
        return sum(item.bytes for item in self.items)

    @property
    def longest_down_s(self) -> float | None:
        """None: nothing was down."""
        return max((i.downtime_s for i in self.items if i.downtime_s is not None), default=None)

    @property
    def losses(self) -> int:
        """How many things were not carried over."""
        return sum(len(item.losses) for item in self.items)

    @property
    def differences(self) -> int:
        """How much of what was compared differs."""
        return sum(c.verdict is Verdict.DIFFERENT for item in self.items for c in item.compared)
