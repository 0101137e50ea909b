"""The list of a run's items: one line each, whose place never changes."""

from __future__ import annotations

from functools import partial

from rich.cells import cell_len

from tui.screens.run.item_state import ItemState
from tui.screens.run.looks import look_of, step_count
from tui.screens.run.state import RunState
from tui.widgets.rows import Row, Span, Tone, cell
from tui.widgets.units import format_bytes
from tui.widgets.words import duration

_DOWN = 17
"""Cells of `was down 2 m 10 s`."""
_BYTES = 9
_LEAST_DOING = 13
"""Cells of `rolling back` and a space."""
_REASON = 24
"""Cells from which on the reason of an end is shown beside its word."""
_ROOMY = 70
"""Cells from which on bytes are shown too."""


def item_rows(state: RunState, width: int) -> list[Row]:
    """A line per item, in the order of the plan."""
    return list(map(partial(_row, width=width), state.items))


def _row(item: ItemState, width: int) -> Row:
    look = look_of(item)
    room = width - 2 - _DOWN - (_BYTES if width >= _ROOMY else 0)
    name = max(8, min(32, room * 3 // 5, room - 2 - _LEAST_DOING))
    spans = [
        Span(f"{look.sign} ", look.tone),
        cell(item.name, name, Tone.STRONG if item.active else Tone.PLAIN),
        Span("  "),
        cell(_doing(item, look.word, room - name - 3), room - name - 3, look.tone),
        Span(" "),
        cell(_down(item), _DOWN, Tone.WARN if item.is_down else Tone.MUTED, right=True),
    ]
    if width >= _ROOMY:
        carried = format_bytes(item.bytes) if item.result is not None and item.bytes else ""
        spans.append(cell(carried, _BYTES, Tone.MUTED, right=True))
    return Row(tuple(spans), item.name, f"{item.name}: {look.word} {item.reason}".rstrip())


def _doing(item: ItemState, word: str, width: int) -> str:
    if item.result is not None:
        return f"{word}: {item.reason}" if item.reason and width >= _REASON else word
    if not item.active or item.cancelling or word == "rolling back" or item.step < 0:
        return word
    doing = f"{step_count(item)} {item.step_title}"
    if cell_len(doing) > width:
        # The row begins with the item's name: it is the first thing that can go.
        doing = " ".join(word for word in doing.split(" ") if word != item.name)
    return doing


def _down(item: ItemState) -> str:
    """The clock of what is down ticks in its pane, and in one place only."""
    if item.is_down:
        return "down"
    seconds = item.result.downtime_s if item.result is not None else item.downtime_s
    return "" if seconds is None else f"was down {duration(seconds)}"
