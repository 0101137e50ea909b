"""One item of a run as its events tell it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from core.migrate.events import (
    CameUp,
    ItemEnded,
    ItemResult,
    ItemStarted,
    Outcome,
    Progress,
    RollingBack,
    StepEnded,
    StepStarted,
    WentDown,
)
from core.plan.model import ItemPlan

ItemEvent = (
    ItemStarted | StepStarted | StepEnded | Progress | WentDown | CameUp | RollingBack | ItemEnded
)


class Phase(StrEnum):
    """Where an item stands in the run."""

    WAITING = "waiting"
    ACTIVE = "active"
    BACK = "rolling back"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Stream:
    """The bytes of an item's latest stream."""

    step: int
    """Index of the step that it belongs to; another one of the same step starts over at 0."""
    done_bytes: int
    total_bytes: int | None
    rate_bytes_s: float = 0.0
    eta_s: float | None = None
    flowing: bool = True
    """False: its step has ended."""

    @property
    def fraction(self) -> float | None:
        """None: the total is not known."""
        return min(1.0, self.done_bytes / self.total_bytes) if self.total_bytes else None


@dataclass(frozen=True, slots=True)
class ItemState:
    """One item of the run."""

    plan: ItemPlan
    phase: Phase = Phase.WAITING
    step: int = -1
    """Index of the step under way or the last one; -1: none has begun."""
    step_title: str = ""
    stream: Stream | None = None
    """None: nothing has flowed yet."""
    carried_bytes: int = 0
    """Of earlier streams."""
    went_down_s: float | None = None
    """When it was first taken down, in Unix time. None: never."""
    down_since_s: float | None = None
    """None: it serves somewhere."""
    downtime_s: float | None = None
    """As last measured. None: it was never down, or is for the first time."""
    up_on: str = ""
    """The host that gave the last proof of life."""
    cancelling: bool = False
    reason: str = ""
    result: ItemResult | None = None

    @property
    def name(self) -> str:
        return self.plan.name

    @property
    def active(self) -> bool:
        """Whether something is being done to it."""
        return self.phase in (Phase.ACTIVE, Phase.BACK)

    @property
    def is_down(self) -> bool:
        """Whether its downtime clock runs."""
        return self.result is None and self.down_since_s is not None

    @property
    def bytes(self) -> int:
        """Carried so far."""
        if self.result is not None:
            return self.result.bytes
        return self.carried_bytes + (self.stream.done_bytes if self.stream else 0)

    def down_for_s(self, now_s: float) -> float | None:
        """How long it has been down, or was. None: never."""
        if self.result is not None:
            return self.result.downtime_s
        if self.down_since_s is not None:
            return max(0.0, now_s - self.down_since_s)
        return self.downtime_s


def before(plan: ItemPlan) -> ItemState:
    """The item before the run; what is blocked has ended already."""
    if not plan.blocks:
        return ItemState(plan)
    result = ItemResult(
        plan.name, plan.kind, plan.route, Outcome.BLOCKED, None, 0, " ".join(plan.blocks)
    )
    return ItemState(plan, Phase.ENDED, result=result, reason=result.reason)


def advance(item: ItemState, event: ItemEvent) -> ItemState:
    """The item after the event; one that has ended changes only by another end."""
    if isinstance(event, ItemEnded):
        result = event.result
        return replace(item, phase=Phase.ENDED, result=result, reason=result.reason)
    if item.phase is Phase.ENDED:
        return item
    if item.phase is Phase.WAITING:
        item = replace(item, phase=Phase.ACTIVE)
    return _work(item, event)


def _work(item: ItemState, event: ItemEvent) -> ItemState:
    match event:
        case StepStarted():
            item = replace(_at_rest(item), step=event.index, step_title=event.title)
        case StepEnded():
            item = _at_rest(item)
        case Progress():
            item = _flowing(item, event)
        case WentDown():
            first = event.at_s if item.went_down_s is None else item.went_down_s
            item = replace(item, went_down_s=first, down_since_s=first, up_on="")
        case CameUp():
            item = replace(item, down_since_s=None, downtime_s=event.downtime_s, up_on=event.host)
        case RollingBack():
            # What had come up on the target is taken down again: the first clock goes on.
            item = replace(
                _at_rest(item),
                phase=Phase.BACK,
                reason=event.reason,
                down_since_s=item.went_down_s,
                up_on="",
            )
    return item


def _at_rest(item: ItemState) -> ItemState:
    """The item with its stream ended; what it carried stays to be seen until the next one flows."""
    if item.stream is None or not item.stream.flowing:
        return item
    return replace(item, stream=replace(item.stream, flowing=False, rate_bytes_s=0.0, eta_s=None))


def _flowing(item: ItemState, event: Progress) -> ItemState:
    last = item.stream
    stream = Stream(
        item.step, max(0, event.done_bytes), event.total_bytes, event.rate_bytes_s, event.eta_s
    )
    if last is not None and (last.step != stream.step or stream.done_bytes < last.done_bytes):
        return replace(item, carried_bytes=item.carried_bytes + last.done_bytes, stream=stream)
    return replace(item, stream=stream)
