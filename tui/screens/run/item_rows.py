"""The list of a run's items: one line each, whose place never changes."""

from __future__ import annotations

from functools import partial

from tui.screens.run.item_state import ItemState
from tui.screens.run.looks import down_words, look_of, step_count
from tui.screens.run.rows import Row, Span, Tone, cell
from tui.screens.run.state import RunState
from tui.widgets.units import format_bytes

_DOWN = 14
"""Cells of `down 12 m 10 s`."""
_BYTES = 9
_ROOMY = 70
"""Cells from which on bytes are shown too."""


def item_rows(state: RunState, now_s: float, width: int) -> list[Row]:
    """A line per item, in the order of the plan."""
    return list(map(partial(_row, now_s=now_s, width=width), state.items))


def _row(item: ItemState, now_s: float, width: int) -> Row:
    look = look_of(item)
    room = width - 2 - _DOWN - (_BYTES if width >= _ROOMY else 0)
    name = max(8, min(32, room * 3 // 5))
    down = down_words(item, now_s)
    spans = [
        Span(f"{look.sign} ", look.tone),
        cell(item.name, name, Tone.STRONG if item.active else Tone.PLAIN),
        Span("  "),
        cell(_doing(item, look.word), room - name - 2, look.tone),
        cell(f"down {down}" if down else "", _DOWN, _down_tone(item), right=True),
    ]
    if width >= _ROOMY:
        carried = format_bytes(item.bytes) if item.bytes else ""
        spans.append(cell(carried, _BYTES, Tone.MUTED, right=True))
    return Row(tuple(spans), item.name, f"{item.name}: {look.word} {item.reason}".rstrip())


def _doing(item: ItemState, word: str) -> str:
    if item.result is not None:
        return f"{word}: {item.reason}" if item.reason else word
    if not item.active or item.cancelling or word == "rolling back" or item.step < 0:
        return word
    return f"{step_count(item)} {item.step_title}"


def _down_tone(item: ItemState) -> Tone:
    return Tone.WARN if item.result is None and item.down_since_s is not None else Tone.MUTED
