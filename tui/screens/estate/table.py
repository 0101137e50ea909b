"""The rows of one host, drawn line by line: only lines that look different are sent again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.screens.estate.columns import FOLD_WIDTH, NAME_AT, place_columns
from tui.screens.estate.drawing import Look, draw_row
from tui.screens.estate.keys import TABLE_KEYS
from tui.screens.estate.rows import Level, Row

_GROUNDS = frozenset({"cursor", "cursor-elsewhere", "range"})
"""Styles that colour a whole row; the others colour what stands on it."""

_DOUBLE = 2
"""Clicks in a row that make a double click."""


class EstateTable(ScrollView, can_focus=True, inherit_bindings=False):
    """A list of rows with a cursor that stays on its row, and a range from an anchor to it."""

    DEFAULT_CSS = """
    EstateTable {
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-gutter: stable;
        scrollbar-size-vertical: 1;
        height: 1fr;
        & .table--cursor { background: $block-cursor-background; color: $block-cursor-foreground; }
        & .table--cursor-elsewhere { background: $boost; }
        & .table--range { background: $primary-muted; }
        & .table--quiet { color: $text-muted; }
        & .table--running { color: $text-success; }
        & .table--warning { color: $text-warning; }
        & .table--failed { color: $text-error; text-style: bold; }
        & .table--checkpoint { color: $text-accent; text-style: bold; }
        & .table--kube { color: $text-primary; text-style: bold; }
        &:ansi .table--cursor {
            text-style: reverse;
            color: ansi_default;
            background: ansi_default;
        }
        &:ansi .table--cursor-elsewhere { background: ansi_default; text-style: underline; }
        &:ansi .table--range { background: ansi_default; text-style: bold; }
        &:ansi .table--quiet { color: ansi_default; text-style: dim; }
        &:ansi .table--running { color: ansi_green; }
        &:ansi .table--warning { color: ansi_yellow; }
        &:ansi .table--failed { color: ansi_red; }
        &:ansi .table--checkpoint { color: ansi_magenta; }
        &:ansi .table--kube { color: ansi_cyan; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "table--cursor",
        "table--cursor-elsewhere",
        "table--range",
        "table--quiet",
        "table--running",
        "table--warning",
        "table--failed",
        "table--checkpoint",
        "table--kube",
    }
    BINDINGS: ClassVar[list[BindingType]] = TABLE_KEYS

    @dataclass
    class MarkClicked(Message):
        """The mark cell of a row was clicked."""

        row: Row

    @dataclass
    class FoldClicked(Message):
        """The fold arrow of a row was clicked."""

        row: Row

    @dataclass
    class OpenClicked(Message):
        """A row was clicked twice."""

        row: Row

    class RangeChanged(Message):
        """A range was begun or let go."""

    def __init__(self, *, markable: bool, id: str | None = None) -> None:  # noqa: A002 Textual's name
        super().__init__(id=id)
        self._markable = markable
        self._rows: tuple[Row, ...] = ()
        self._index: dict[str, int] = {}
        self._cursor = 0
        self._anchor_id: str | None = None
        self._anchor_holds = False
        """The range goes on when the cursor moves without shift."""
        self._styles_by_name: dict[str, Style] = {}

    @property
    def rows(self) -> tuple[Row, ...]:
        """All rows, also those out of sight."""
        return self._rows

    @property
    def cursor_row(self) -> Row | None:
        """The row under the cursor. None: there are no rows."""
        return self._rows[self._cursor] if self._rows else None

    @property
    def range_open(self) -> bool:
        """Whether the cursor drags a range."""
        return self._anchor_id is not None

    @property
    def chosen_rows(self) -> Sequence[Row]:
        """The rows of the range, or the one under the cursor."""
        if not self._rows:
            return ()
        first, last = self._range()
        return self._rows[first : last + 1]

    def set_rows(self, rows: tuple[Row, ...]) -> None:
        """Show other rows; the cursor stays with its row and its row stays where it is."""
        with self._repaint():
            old_cursor, old_row = self._cursor, self.cursor_row
            self._rows = rows
            self._index = {row.id: y for y, row in enumerate(rows)}
            place = self._place_of(old_row)
            self._cursor = place if place is not None else max(0, min(old_cursor, len(rows) - 1))
            if self._anchor_id is not None and self._anchor_id not in self._index:
                self._drop_anchor(None)
            if len(rows) != self.virtual_size.height:
                self.virtual_size = Size(0, len(rows))
            if place is not None and place != old_cursor:
                self._scroll_to_row(self.scroll_offset.y + place - old_cursor)
            self._keep_in_sight()

    def _place_of(self, row: Row | None) -> int | None:
        """Where that row is now, or else the row of its pod."""
        if row is None:
            return None
        return self._index.get(row.id, self._index.get(row.item_id))

    @contextmanager
    def _repaint(self) -> Iterator[None]:
        """Send again the lines that look different after the change made inside."""
        before = [self._look(y) for y in self._visible()]
        yield
        after = [self._look(y) for y in self._visible()]
        top = self.scroll_offset.y
        for line, (was, now) in enumerate(zip_longest(before, after)):
            if was != now:
                self.refresh_lines(top + line)

    def move_to(self, y: int, *, extend: bool = False) -> None:
        """Put the cursor on a row."""
        if not self._rows:
            return
        with self._repaint():
            if extend and self._anchor_id is None:
                self._drop_anchor(self._rows[self._cursor].id)
            elif not extend and not self._anchor_holds:
                self._drop_anchor(None)
            self._cursor = max(0, min(y, len(self._rows) - 1))
            self._keep_in_sight()

    def toggle_range(self) -> None:
        """Begin a range at the cursor, or let it go."""
        if self._anchor_id is not None or not self._rows:
            self.end_range()
        else:
            self._drop_anchor(self._rows[self._cursor].id, holds=True)

    def begin_range(self, row_id: str) -> None:
        """Take the rows from that one to the cursor as a range."""
        if row_id in self._index:
            with self._repaint():
                self._drop_anchor(row_id)

    def end_range(self) -> None:
        """Let the range go."""
        with self._repaint():
            self._drop_anchor(None)

    def index_of(self, row_id: str) -> int | None:
        """Where a row is. None: it is not shown."""
        return self._index.get(row_id)

    def action_move(self, by: int) -> None:
        self.move_to(self._cursor + by)

    def action_extend(self, by: int) -> None:
        self.move_to(self._cursor + by, extend=True)

    def action_page(self, by: int) -> None:
        self.move_to(self._cursor + by * max(1, self.size.height - 1))

    def action_first(self) -> None:
        self.move_to(0)

    def action_last(self) -> None:
        self.move_to(len(self._rows) - 1)

    def _drop_anchor(self, row_id: str | None, *, holds: bool = False) -> None:
        """Where the range begins. None: nowhere, there is none."""
        if (row_id is None) is not (self._anchor_id is None):
            self.post_message(self.RangeChanged())
        self._anchor_id = row_id
        self._anchor_holds = holds

    def _range(self) -> tuple[int, int]:
        anchor = self._index.get(self._anchor_id, self._cursor) if self._anchor_id else self._cursor
        return min(anchor, self._cursor), max(anchor, self._cursor)

    def _visible(self) -> range:
        top = self.scroll_offset.y
        return range(top, min(top + self.size.height, len(self._rows)))

    def _look(self, y: int) -> tuple[Row, Look]:
        first, last = self._range()
        in_range = self._anchor_id is not None and first <= y <= last
        if y != self._cursor:
            return self._rows[y], Look.RANGE if in_range else Look.PLAIN
        if not self.has_focus:
            return self._rows[y], Look.CURSOR_ELSEWHERE
        return self._rows[y], Look.CURSOR

    def _scroll_to_row(self, y: int) -> None:
        self.scroll_to(y=max(0, y), animate=False, force=True)

    def _keep_in_sight(self) -> None:
        """Scroll as little as it takes to see the cursor."""
        height = self.size.height
        top = self.scroll_offset.y
        if height <= 0:
            return
        if self._cursor < top:
            self._scroll_to_row(self._cursor)
        elif self._cursor >= top + height:
            self._scroll_to_row(self._cursor - height + 1)

    def on_resize(self) -> None:
        self._keep_in_sight()

    def on_focus(self) -> None:
        self.refresh_lines(self._cursor)

    def on_blur(self) -> None:
        self.refresh_lines(self._cursor)

    def on_click(self, event: events.Click) -> None:
        y = event.y + self.scroll_offset.y
        if not 0 <= y < len(self._rows):
            return
        row = self._rows[y]
        self.move_to(y, extend=event.shift)
        if event.x < NAME_AT:
            self.post_message(self.MarkClicked(row))
        elif event.x < NAME_AT + FOLD_WIDTH and row.level in (Level.FOLDED, Level.UNFOLDED):
            self.post_message(self.FoldClicked(row))
        elif event.chain == _DOUBLE:
            self.post_message(self.OpenClicked(row))

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._styles_by_name.clear()

    def _style(self, name: str) -> Style:
        style = self._styles_by_name.get(name)
        if style is None:
            style = self.get_component_rich_style(f"table--{name}")
            if name not in _GROUNDS:
                style = Style(color=style.color, bold=style.bold, dim=style.dim)
            self._styles_by_name[name] = style
        return style

    def render_line(self, y: int) -> Strip:
        base = self.rich_style
        width = self.scrollable_size.width
        y += self.scroll_offset.y
        if y >= len(self._rows):
            return Strip.blank(width, base)
        row, look = self._look(y)
        return draw_row(
            row,
            look,
            place_columns(width),
            width,
            base=base,
            style_of=self._style,
            markable=self._markable,
        )

    def refresh_lines(self, y_start: int, line_count: int = 1) -> None:
        """Refresh rows, those that are in sight."""
        region = Region(0, y_start - self.scroll_offset.y, self.size.width, line_count)
        region = region.intersection(self.size.region)
        if region:
            self.refresh(region)
