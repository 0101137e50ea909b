"""The log of a run, which follows its end until the operator goes up in it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from textual.binding import Binding

from tui.keymap import named
from tui.screens.run.entries import Entry
from tui.screens.run.log_rows import log_rows
from tui.widgets.groups import LOOKING
from tui.widgets.row_view import RowView
from tui.widgets.rows import Row

_ROOMY = 6
"""Lines from which on a leap is a third of them."""


class LogView(RowView):
    """A line per entry; enter shows all of a command and the end of what it said on stderr."""

    BINDINGS = named(
        "log", [Binding("enter", "expand", "All of a command", show=False, group=LOOKING)]
    )

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(self._lines, cursor=True, id=id)
        self._entries: Sequence[Entry] = ()
        self._expanded: set[str] = set()
        self._made: list[list[Row]] = []
        """The rows of each entry, at `_made_width`: entries never change."""
        self._made_width = 0

    @property
    def _shows_cursor(self) -> bool:
        # While it follows the end, a cursor would be one more row to paint per line.
        return self.has_focus

    def show(self, entries: Sequence[Entry]) -> None:
        """Show these entries: the same as before, and perhaps more."""
        if len(entries) == len(self._entries):
            return
        following = self.key in ("", str(len(self._entries) - 1))
        self._entries = entries
        self.update()
        if following:
            self._follow(str(len(entries) - 1))

    def _follow(self, key: str) -> None:
        if self._extent(len(self.rows)) > self.scroll_offset.y + self._page:
            self.scroll_end(animate=False, immediate=True)
        self.move_to(key)

    @property
    def _page(self) -> int:
        return self.scrollable_content_region.height

    def _extent(self, count: int) -> int:
        # In leaps: each scroll paints all lines, so it makes room for more than one.
        leap = max(1, self._page // (2 if self._page < _ROOMY else 3))
        return -(-count // leap) * leap

    def action_expand(self) -> None:
        if not self.key:
            return
        self._expanded ^= {self.key}
        at = int(self.key)
        self._made[at] = self._make(at)
        self.update()
        self.move_to(self.key)

    def _lines(self, width: int) -> Sequence[Row]:
        if width != self._made_width:
            self._made, self._made_width = [], width
        self._made += [self._make(at) for at in range(len(self._made), len(self._entries))]
        return list(chain.from_iterable(self._made))

    def _make(self, at: int) -> list[Row]:
        return log_rows(self._entries[at], at, self._made_width, expanded=str(at) in self._expanded)
