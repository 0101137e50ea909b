"""The two lines on top of a run: what it is, and its totals."""

from __future__ import annotations

from core.migrate.events import Outcome
from tui.screens.run.looks import ACTIVE_SIGN, TONES, WAITING_SIGN
from tui.screens.run.rows import Row, Span, Tone, piece, spread
from tui.screens.run.state import RunState
from tui.screens.run.words import SIGNS, WORDS, duration
from tui.widgets.units import format_bytes

_GAP = Span("   ")


def headline_rows(state: RunState, now_s: float, width: int) -> list[Row]:
    """Run, hosts and elapsed time; below them the totals."""
    elapsed = state.elapsed_s(now_s)
    title = [
        piece(f"Run {state.run_id}", Tone.STRONG),
        _GAP,
        piece(f"{state.source} → {state.target}"),
    ]
    clock = [] if elapsed is None else [Span(duration(elapsed, whole=not state.ended))]
    return [
        Row(spread(title, clock, width)),
        Row(spread(_counts(state), _sums(state, now_s), width)),
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


def _sums(state: RunState, now_s: float) -> list[Span]:
    longest = state.longest_down_s(now_s)
    ticking = any(i.down_since_s is not None and i.result is None for i in state.items)
    down = "" if longest is None else f"longest down {duration(longest, whole=ticking)}"
    parts = [format_bytes(state.bytes), down]
    return [Span("   ".join(p for p in parts if p))]
