"""A small pane for each item that is being worked on, each in a slot that it keeps."""

from __future__ import annotations

from collections.abc import Sequence

from core.migrate.events import Outcome
from tui.screens.run.item_state import ItemState, Phase, Stream
from tui.screens.run.looks import look_of, step_count
from tui.screens.run.rows import Row, Span, Tone, bar, cell, piece, spread
from tui.screens.run.state import RunState
from tui.screens.run.words import duration, rate
from tui.widgets.units import format_bytes

PANE_ROWS = 3

_AMOUNT = 21
"""Cells of `1023 MiB of 1023 MiB`."""
_RATE = 11
_ETA = 15
"""Cells of `12 m 10 s left`."""


def fill_slots(slots: Sequence[str], state: RunState, limit: int) -> tuple[str, ...]:
    """Who is shown where: nobody moves, an ended item stays until its slot is needed.

    At most `limit` slots; they only become fewer when the room does.
    """
    wanted = [i.name for i in state.active]
    kept = list(slots)
    for name in wanted:
        if name in kept:
            continue
        free = next((at for at, held in enumerate(kept) if held not in wanted), None)
        if free is not None:
            kept[free] = name
        elif len(kept) < limit:
            kept.append(name)
    if len(kept) > limit:
        kept = [n for n in kept if n in wanted][:limit] or kept[-limit:]
    return tuple(kept)


def pane_rows(
    state: RunState, slots: Sequence[str], now_s: float, width: int, *, spaced: bool
) -> list[Row]:
    """The panes of the slots, with a blank line between them where there is room."""
    rows: list[Row] = []
    for name in slots:
        item = state.find(name)
        if item is None:
            continue
        if rows and spaced:
            rows.append(Row())
        rows += _pane(item, state, now_s, width)
    return rows


def _pane(item: ItemState, state: RunState, now_s: float, width: int) -> list[Row]:
    look = look_of(item)
    title = [
        Span(f"{look.sign} ", look.tone),
        piece(item.name, Tone.STRONG),
        Span("  "),
        Span(f"{item.plan.kind}, {item.plan.route}", Tone.MUTED),
    ]
    return [
        Row(spread(title, [_down(item, state, now_s)], width), item.name),
        Row((Span("  "), *_step(item, look.word, width - 2)), item.name),
        Row((Span("  "), *_flow(item.stream, width - 2)), item.name),
    ]


def _down(item: ItemState, state: RunState, now_s: float) -> Span:
    if item.result is not None:
        seconds = item.result.downtime_s
        text = "never down" if seconds is None else f"was down {duration(seconds)}"
        return Span(text, Tone.MUTED)
    if item.down_since_s is not None:
        return Span(f"down {duration(now_s - item.down_since_s, whole=True)}", Tone.WARN)
    if item.downtime_s is None:
        return piece(f"still serves on {state.source}", Tone.MUTED)
    where = f", up on {item.up_on}" if item.up_on else ""
    return piece(f"was down {duration(item.downtime_s)}{where}", Tone.GOOD)


def _step(item: ItemState, word: str, width: int) -> tuple[Span, ...]:
    if item.result is not None:
        tone = Tone.GOOD if item.result.outcome is Outcome.MOVED else Tone.WARN
        return (cell(f"{word}: {item.reason}" if item.reason else word, width, tone),)
    if item.phase is Phase.BACK:
        return (cell(f"rolling back: {item.reason}", width, Tone.WARN),)
    if item.cancelling:
        return (cell("cancelling …", width, Tone.WARN),)
    if item.step < 0:
        return (cell("beginning", width, Tone.MUTED),)
    count = f"step {step_count(item)}  "
    return (Span(count, Tone.MUTED), cell(item.step_title, width - len(count)))


def _flow(stream: Stream | None, width: int) -> tuple[Span, ...]:
    """The latest stream: a bar that stands still when its step has ended."""
    if stream is None:
        return ()
    numbers = _AMOUNT + _RATE + _ETA
    length = max(4, width - numbers - 1)
    amount = format_bytes(stream.done_bytes)
    tone = Tone.ACCENT if stream.flowing else Tone.MUTED
    if stream.fraction is None:
        track = [cell("size not known" if stream.flowing else "", length, Tone.MUTED)]
    else:
        full, empty = bar(stream.fraction, length)
        track = [Span(full, tone), Span(empty, Tone.MUTED)]
        amount += f" of {format_bytes(stream.total_bytes or 0)}"
    speed = rate(stream.rate_bytes_s) if stream.flowing else ""
    left = "" if stream.eta_s is None else f"{duration(stream.eta_s, whole=True)} left"
    return (
        *track,
        Span(" "),
        cell(amount, _AMOUNT, right=True),
        cell(speed, _RATE, Tone.MUTED, right=True),
        cell(left, _ETA, Tone.MUTED, right=True),
    )
