"""The sign, word and tone of an item, wherever one is shown."""

from __future__ import annotations

from dataclasses import dataclass

from core.migrate.events import Outcome
from tui.screens.run.item_state import ItemState, Phase
from tui.screens.run.words import SIGNS, WORDS
from tui.widgets.rows import Tone

ACTIVE_SIGN = "▸"
WAITING_SIGN = "·"
BACK_SIGN = SIGNS[Outcome.ROLLED_BACK]

TONES = {
    Outcome.MOVED: Tone.GOOD,
    Outcome.ROLLED_BACK: Tone.WARN,
    Outcome.FAILED: Tone.BAD,
    Outcome.BLOCKED: Tone.WARN,
    Outcome.CANCELLED: Tone.MUTED,
}

_MEANINGS = {
    Outcome.MOVED: "runs on the target; the source copy is stopped and kept",
    Outcome.ROLLED_BACK: "could not move, and is on the source as it was",
    Outcome.FAILED: "neither moved nor taken back: the reason says what is true now",
    Outcome.BLOCKED: "was not begun: the reason says why",
    Outcome.CANCELLED: "by you, and is on the source as it was",
}
LEGEND = (
    (
        "Signs",
        (
            (WAITING_SIGN, "waiting"),
            (ACTIVE_SIGN, "at work"),
            *((SIGNS[o], f"{WORDS[o]}: {_MEANINGS[o]}") for o in Outcome),
        ),
    ),
)
"""For the help."""


@dataclass(frozen=True, slots=True)
class Look:
    """How an item is shown."""

    sign: str
    word: str
    tone: Tone


def look_of(item: ItemState) -> Look:
    """What stands before and beside the item's name."""
    if item.result is not None:
        outcome = item.result.outcome
        return Look(SIGNS[outcome], WORDS[outcome], TONES[outcome])
    if item.phase is Phase.BACK:
        return Look(BACK_SIGN, "rolling back", Tone.WARN)
    if item.cancelling:
        return Look(ACTIVE_SIGN if item.active else WAITING_SIGN, "cancelling", Tone.WARN)
    if item.phase is Phase.ACTIVE:
        return Look(ACTIVE_SIGN, "at work", Tone.ACCENT)
    return Look(WAITING_SIGN, "waiting", Tone.MUTED)


def step_count(item: ItemState) -> str:
    """Such as `4/9`; empty before the first step."""
    if item.step < 0:
        return ""
    count = len(item.plan.steps)
    return f"{item.step + 1}/{max(count, item.step + 1)}"
