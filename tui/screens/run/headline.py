"""The two lines on top of a run: what it is, and its totals."""

from __future__ import annotations

from rich.cells import cell_len

from core.migrate.events import Outcome
from tui.screens.run.looks import ACTIVE_SIGN, TONES, WAITING_SIGN
from tui.screens.run.state import RunState
from tui.screens.run.words import SIGNS, WORDS
from tui.widgets.rows import Row, Span, Tone, piece, spread
from tui.widgets.units import format_bytes
from tui.widgets.words import duration


def headline_rows(state: RunState, now_s: float, width: int) -> list[Row]:
    """The run and its sums; below them how many items are where, and the hosts.

    What ticks stands to the left: a row is sent from its beginning to what changes in it.
    """
    counts = _counts(state)
    hosts = piece(f"{state.source} → {state.target}")
    room = width - sum(len(s.text) for s in counts) - 2
    name = piece(f"Run {state.run_id}   ", Tone.STRONG)
    sums = _sums(state, now_s)
    if len(name.text) + len(sums) > width:
        sums = sums.replace("longest down", "down")
    title = [name, Span(sums)]
    return [
        Row(spread(title, [], width)),
        Row(spread(counts, [hosts] if cell_len(hosts.text) <= room else [], width)),
    ]


def _counts(state: RunState) -> list[Span]:
    parts: list[tuple[int, str, Tone]] = [
        (count, f"{SIGNS[outcome]} {count} {WORDS[outcome]}", TONES[outcome])
        for outcome, count in ((o, state.outcomes[o]) for o in Outcome)
        if count or outcome is Outcome.MOVED
    ]
    if not state.ended:
        active = len(state.active)
        parts.append((active, f"{ACTIVE_SIGN} {active} active", Tone.ACCENT))
        parts.append((state.waiting, f"{WAITING_SIGN} {state.waiting} waiting", Tone.MUTED))
    spans: list[Span] = []
    for count, text, tone in parts:
        spans += [Span(text, tone if count else Tone.MUTED), Span("  ")]
    return spans[:-1]


def _sums(state: RunState, now_s: float) -> str:
    """How long, how much, and how long the longest was down."""
    elapsed = state.elapsed_s(now_s)
    if elapsed is None:
        return ""
    sums = [duration(elapsed, whole=not state.ended), format_bytes(state.bytes)]
    longest = state.longest_down_s(now_s)
    if longest is not None:
        ticking = any(i.is_down for i in state.items)
        sums.append(f"longest down {duration(longest, whole=ticking)}")
    return "   ".join(sums)
