"""How the parts of the run's screen share the room that there is."""

from __future__ import annotations

from dataclasses import dataclass

from tui.screens.run.panes import PANE_ROWS

WIDE = 100
"""Columns from which on the panes stand beside the list."""

_FIXED = 4
"""Headline, message and keys."""
_TITLE = 1
_LEAST_LIST = 4
_LOW, _HIGH = 20, 30


@dataclass(frozen=True, slots=True)
class Shape:
    """Heights in rows, titles included."""

    wide: bool
    low: bool
    """The summary needs the room of the log."""
    log: int
    slots: int
    """How many panes there may be at once."""

    def panes(self, used: int) -> int:
        """Height of the panes below the list, with room for one from the start."""
        return _TITLE + PANE_ROWS * max(1, min(used, self.slots))


def shape_of(width: int, height: int) -> Shape:
    """The shape for a screen of that size."""
    wide = width >= WIDE
    log = 3 if height < _LOW else 5 if height < _HIGH else max(8, height // 4)
    middle = height - _FIXED - log
    if wide:
        return Shape(wide, height < _LOW, log, max(1, (middle - _TITLE + 1) // (PANE_ROWS + 1)))
    room = min(middle - _LEAST_LIST, middle // 2 + _TITLE)
    return Shape(wide, height < _LOW, log, max(1, (room - _TITLE) // PANE_ROWS))
