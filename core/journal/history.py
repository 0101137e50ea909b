"""The runs of the past, as their journals tell of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.errors import UsageError
from core.journal.journal import JournalItem, JournalRun, is_under_way, read_run, run_ids


class RunState(StrEnum):
    """What a run has come to."""

    UNDER_WAY = "under way"
    UNFINISHED = "unfinished"
    """Nobody works on it, and of some item it is not known, or not good, what became of it."""
    MOVED = "moved"
    """Some item has moved, and waits to be accepted or rolled back."""
    ACCEPTED = "accepted"
    ROLLED_BACK = "rolled back"
    """All is on the source."""
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class PastRun:
    """One run."""

    id: str
    state: RunState
    run: JournalRun | None
    """None: its journal cannot be read."""
    trouble: str = ""
    """Why it cannot."""


def past_runs() -> Iterator[PastRun]:
    """All runs, newest first."""
    for run_id in reversed(run_ids()):
        try:
            run = read_run(run_id)
        except UsageError as error:
            yield PastRun(run_id, RunState.UNREADABLE, None, str(error))
        else:
            yield PastRun(run_id, state_of(run), run)


def unfinished(run: JournalRun) -> list[JournalItem]:
    """Those of its items of which it is open, or not good, what became of them."""
    return [item for item in run.items if item.outcome in ("", "failed") and not item.settled]


def leads_back(run: JournalRun, older: Iterable[PastRun]) -> bool:
    """Whether a run has the items of an older one, from its target to its source."""
    names = {item.name for item in run.items}
    return any(
        (past.run.source, past.run.target) == (run.target, run.source)
        and names <= {item.name for item in past.run.items}
        for past in older
        if past.run
    )


def newest_between(source: str, target: str) -> str:
    """ID of the newest run between these hosts, by their labels; empty: there is none."""
    runs = (past.run for past in past_runs() if past.run)
    found = (run.id for run in runs if (run.source, run.target) == (source, target))
    return next(found, "")


def newest_unfinished(source: str, target: str) -> JournalRun | None:
    """The newest unfinished run between these hosts, by their labels."""
    for past in past_runs():
        run = past.run if past.state is RunState.UNFINISHED else None
        if run and (run.source, run.target) == (source, target):
            return run
    return None


def open_items() -> Mapping[str, str]:
    """ID of each item that a run left unfinished, or is at work on, to that run's ID."""
    return {i.id: past.id for past in past_runs() if past.run for i in unfinished(past.run)}


def waiting(source: str, target: str) -> Mapping[str, str]:
    """ID of each item that has moved from one host to the other and is not settled, to its run."""
    found: dict[str, str] = {}
    for past in past_runs():
        if past.run and (past.run.source, past.run.target) == (source, target):
            moved = (i for i in past.run.items if i.outcome == "moved" and not i.settled)
            found = {**{item.id: past.id for item in moved}, **found}
    return found


def state_of(run: JournalRun) -> RunState:
    """What a run has come to."""
    if unfinished(run):
        return RunState.UNDER_WAY if is_under_way(run.id) else RunState.UNFINISHED
    moved = [item for item in run.items if item.outcome == "moved"]
    return _settled(moved)


def _settled(moved: Sequence[JournalItem]) -> RunState:
    decisions = {item.settled for item in moved}
    if "" in decisions:
        return RunState.MOVED
    return RunState.ACCEPTED if "accepted" in decisions else RunState.ROLLED_BACK
