"""A small pane for each item that is being worked on, each in a slot that it keeps."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from tui.screens.run.item_state import ItemState, Phase, Stream
from tui.screens.run.looks import TONES, look_of, step_count
from tui.screens.run.state import RunState
from tui.widgets.rows import Row, Span, Tone, bar, cell, piece, spread
from tui.widgets.units import format_bytes
from tui.widgets.words import duration, escape, rate

PANE_ROWS = 3

_AMOUNT = 22
"""Cells of `1023 MiB of 1023 MiB` and a gap."""
_RATE = 13
_ETA = 16
"""Cells of `12 m 10 s left` and a gap."""
_LONGEST_BAR = 48


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
    """Who and what; how much, how fast and for how long down; how far and how long to go.

    What ticks stands to the left: a row is sent from its beginning to what changes in it.
    """
    look = look_of(item)
    left = [
        Span(f"{look.sign} ", look.tone),
        piece(item.name, Tone.STRONG),
        *_step(item, look.word),
    ]
    right = Span(f"  {item.plan.kind}, {item.plan.route}", Tone.MUTED)
    room = width - sum(cell_len(s.text) for s in left)
    stream = item.stream
    down = width - 2 - _AMOUNT - _RATE
    return [
        Row(spread(left, [right] if len(right.text) < room else [], width), item.name),
        Row(
            (cell(f"  {_amounts(stream)}", width - down), _down(item, state, now_s, down)),
            item.name,
        ),
        Row(_bar(stream, width), item.name),
    ]


def _step(item: ItemState, word: str) -> list[Span]:
    if item.result is not None:
        tone = TONES[item.result.outcome]
        return [piece(f"  {word}: {item.reason}" if item.reason else f"  {word}", tone)]
    if item.phase is Phase.BACK:
        return [piece(f"  rolling back: {item.reason}", Tone.WARN)]
    if item.cancelling:
        return [Span("  cancelling", Tone.WARN)]
    if item.step < 0:
        return []
    return [Span(f"  step {step_count(item)}  ", Tone.MUTED), piece(item.step_title)]


def _amounts(stream: Stream | None) -> str:
    if stream is None:
        return ""
    amount = format_bytes(stream.done_bytes)
    if stream.total_bytes:
        amount += f" of {format_bytes(stream.total_bytes)}"
    speed = rate(stream.rate_bytes_s) if stream.flowing else ""
    return f"{amount:<{_AMOUNT}}{speed}"


def _down(item: ItemState, state: RunState, now_s: float, width: int) -> Span:
    seconds = item.down_for_s(now_s)
    if item.is_down:
        return cell(f"down {duration(seconds or 0.0, whole=True)}", width, Tone.WARN)
    if seconds is None:
        return cell(_never_down(item, state), width, Tone.MUTED)
    text = f"up on {item.up_on} after {duration(seconds)}"
    if item.result is not None or not item.up_on or cell_len(escape(text)) > width:
        text = f"was down {duration(seconds)}"
    return cell(text, width, Tone.GOOD if item.result is None else Tone.MUTED)


def _never_down(item: ItemState, state: RunState) -> str:
    """What did not run has nothing to be down of: it stays as it is."""
    if not item.plan.was_running:
        return "does not run"
    return "never down" if item.result is not None else f"serves on {state.source}"


def _bar(stream: Stream | None, width: int) -> tuple[Span, ...]:
    """The time left, and a bar that stands still when its step has ended."""
    if stream is None:
        return ()
    if stream.fraction is None:
        return (Span("  size not known", Tone.MUTED),) if stream.flowing else ()
    left = "" if stream.eta_s is None else f"{duration(stream.eta_s, whole=True)} left"
    full, empty = bar(stream.fraction, max(8, min(_LONGEST_BAR, width - 2 - _ETA)))
    tone = Tone.ACCENT if stream.flowing else Tone.MUTED
    return (cell(f"  {left}", _ETA + 2), Span(full, tone), Span(empty, Tone.MUTED))
