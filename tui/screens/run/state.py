"""A run as its events tell it: an immutable state, and the function from one to the next."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from core.migrate.events import (
    Cancel,
    CommandRan,
    Event,
    ItemEnded,
    ItemResult,
    Note,
    Outcome,
    RunEnded,
    RunStarted,
    StepEnded,
)
from core.plan.model import Plan
from tui.screens.run.entries import Entry, entry_of
from tui.screens.run.item_state import ItemEvent, ItemState, Phase, advance, before


@dataclass(frozen=True, slots=True)
class RunState:
    """The whole run."""

    run_id: str
    source: str
    target: str
    items: tuple[ItemState, ...]
    way_back: bool = False
    """The items return to copies that they left behind."""
    log: tuple[Entry, ...] = ()
    started_s: float | None = None
    """Unix time. None: it has not begun."""
    ended_s: float | None = None
    seen_s: float = 0.0
    """The latest time that an event told: the time of those that tell none."""

    @classmethod
    def of(cls, run_id: str, plan: Plan) -> RunState:
        """The run before its first event."""
        items = tuple(before(i) for i in plan.items)
        return cls(run_id, plan.source, plan.target, items, way_back=plan.way_back)

    @property
    def ended(self) -> bool:
        return self.ended_s is not None

    @property
    def results(self) -> tuple[ItemResult, ...]:
        """Of the items that have ended."""
        return tuple(i.result for i in self.items if i.result is not None)

    @property
    def outcomes(self) -> Counter[Outcome]:
        """How many items ended how."""
        return Counter(r.outcome for r in self.results)

    @property
    def active(self) -> tuple[ItemState, ...]:
        return tuple(i for i in self.items if i.active)

    @property
    def waiting(self) -> int:
        return sum(i.phase is Phase.WAITING for i in self.items)

    @property
    def bytes(self) -> int:
        return sum(i.bytes for i in self.items)

    def find(self, name: str) -> ItemState | None:
        return next((i for i in self.items if i.name == name), None)

    def elapsed_s(self, now_s: float) -> float | None:
        """None: it has not begun."""
        if self.started_s is None:
            return None
        return max(0.0, (now_s if self.ended_s is None else self.ended_s) - self.started_s)

    def longest_down_s(self, now_s: float) -> float | None:
        """None: no item was down."""
        times = [i.down_for_s(now_s) for i in self.items]
        return max((t for t in times if t is not None), default=None)


def apply(state: RunState, event: Event) -> RunState:
    """The state after the event; what comes for an unknown or ended item changes no item."""
    seen_s = max(state.seen_s, _told_s(event))
    entry = entry_of(event, seen_s, _ending_step(state, event))
    log = state.log if entry is None else (*state.log, entry)
    state = replace(state, seen_s=seen_s, log=log)
    match event:
        case RunStarted():
            return replace(state, started_s=event.at_s)
        case RunEnded():
            for result in event.results:
                state = _change(state, result.name, ItemEnded(result, event.at_s))
            return replace(state, ended_s=event.at_s)
        case ItemEnded():
            return _change(state, event.result.name, event)
        case Note() | CommandRan():
            return state
        case _:
            return _change(state, event.item, event)


def tell(state: RunState, command: Cancel) -> RunState:
    """The state after the operator has asked for a cancellation."""
    return replace(
        state,
        items=tuple(
            replace(i, cancelling=True)
            if i.result is None and command.item in (None, i.name)
            else i
            for i in state.items
        ),
    )


def _ending_step(state: RunState, event: Event) -> str:
    """Title of the step that the event ends; empty: it ends none."""
    item = state.find(event.item) if isinstance(event, StepEnded) else None
    return item.step_title if item is not None else ""


def _told_s(event: Event) -> float:
    """The time that the event tells; 0 if none."""
    if isinstance(event, CommandRan):
        return event.record.started_s + event.record.seconds
    at_s: float = getattr(event, "at_s", 0.0)
    return at_s


def _change(state: RunState, name: str, event: ItemEvent) -> RunState:
    """The state with the first item of that name a step further."""
    for at, item in enumerate(state.items):
        if item.name == name:
            items = (*state.items[:at], advance(item, event), *state.items[at + 1 :])
            return replace(state, items=items)
    return state
