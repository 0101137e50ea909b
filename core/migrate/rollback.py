"""Rolling back: which way an item comes back to its source, and what that loses."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.journal.journal import Journal
from core.migrate.moved import Moved
from core.migrate.undo import ON_SOURCE, Undo, carry_out, in_order
from core.podman.engine import Engine


class Way(StrEnum):
    """How an item comes back."""

    LIVE = "live"
    """With all that it did on the target: by a move the other way."""
    OLD_STATE = "old_state"
    """As it was when it left; what the target holds of it is thrown away."""


@dataclass(frozen=True, slots=True)
class Offer:
    """How one item can come back."""

    moved: Moved
    way: Way | None
    """None: it cannot, or not unless the operator chooses."""
    reason: str = ""
    """Why it cannot."""
    loss: str = ""
    """What is lost by that way; empty: nothing that anybody knows of."""
    returned: bool = False
    """It is back already, and only what the run made on the target is left."""

    @property
    def name(self) -> str:
        """The item's."""
        return self.moved.item.name


def offer(
    moved: Moved, run: str, ago: str, asked: Way | None = None, *, returned: bool = False
) -> Offer:
    """The way for an item of a run that began `ago`; `asked` is what the operator chose.

    Live wherever the target runs it. Nothing that the target may hold is given up unasked, unless
    a later run has `returned` it.
    """
    here, there, name = moved.source, moved.target, moved.item.name
    choice = f"podferry rollback {run} {name} --{Way.OLD_STATE.replace('_', '-')}"
    if amiss := _amiss(moved, asked, choice):
        return amiss
    if returned and here.runs and there is not None and not there.runs:
        return Offer(moved, Way.LIVE, returned=True)
    if there is not None and there.runs and asked is not Way.OLD_STATE:
        return Offer(moved, Way.LIVE, loss="" if moved.live else _BY_KUBE)
    if not here.complete:
        why = f"its old copy is not on {here.host} any more"
        return Offer(moved, None, f"{why}: have its target run it, and it can come back live")
    if asked is Way.OLD_STATE:
        return Offer(moved, Way.OLD_STATE, loss=_loss(moved, ago))
    if there is None:
        why = "its target cannot be reached, and may run it"
        return Offer(moved, None, f"{why}. If that is lost for good: {choice} --unverified")
    if not there.has_run:
        return Offer(moved, Way.OLD_STATE)
    if here.runs:
        why = f"{here.host} runs it again, and {there.host} holds a newer state, stopped"
        return Offer(moved, None, f"{why}. To give that up: {choice}")
    if not moved.live:
        return Offer(moved, Way.LIVE, loss=_BY_KUBE)
    why = f"{there.host} holds a newer state of it, stopped: start it there, and it comes back live"
    return Offer(moved, None, f"{why}. To give that up: {choice}")


def _amiss(moved: Moved, asked: Way | None, choice: str) -> Offer | None:
    """What can be done where both hosts run it, or the target may hold no more than a part."""
    here, there = moved.source, moved.target
    if there is None:
        return None
    if there.runs and here.runs:
        why = f"both {here.host} and {there.host} run it: stop the copy that is not wanted first"
        return Offer(moved, None, why)
    if moved.item.back and here.complete:
        # A way back to the old state was broken off: it goes on.
        return Offer(moved, Way.OLD_STATE)
    if there.runs and not there.complete and asked is not Way.OLD_STATE:
        why = f"{there.host} does not have all of it any more, and a part cannot come back live"
        return Offer(moved, None, f"{why}. To give that part up: {choice}")
    return None


_BY_KUBE = "its volumes come back; programs start afresh, and other files are those from before"


def _loss(moved: Moved, ago: str) -> str:
    """What going back to the old state throws away; empty if the target never ran it."""
    there = moved.target
    if there is not None and not there.has_run:
        return ""
    parts = ["memory"] if there is None or there.runs else []
    parts.append("files that it wrote")
    if moved.volumes:
        parts.append(f"changes to volume {', '.join(moved.volumes)}")
    host = there.host if there is not None else "its target"
    return f"lost is what it did on {host} since the run began {ago} ago: {', '.join(parts)}"


async def to_old_state(
    moved: Moved, journal: Journal, source: Engine, target: Engine | None
) -> str:
    """Undo what the run did with the item, in the order that never lets two copies run.

    Without a target, only what was done to the source. What is to be told. Raises PodferryError.
    """
    numbered = {Undo.from_json(data): int(data["seq"]) for data in moved.item.undos}
    told = []
    # From here on there is no other way: a part of it may be gone from the target.
    await journal.turn_back(moved.item.name, "rolled back to its old state")
    for undo in in_order(list(numbered)):
        if target is None and undo.kind not in ON_SOURCE:
            told.append(f"not taken away from its target: {undo.subject}")
            continue
        told.append(await carry_out(undo, source, target or source))
        await journal.undone([numbered[undo]])
    return "\n".join(filter(None, told))
