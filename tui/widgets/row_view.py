"""A list that sends to the terminal only the rows that change, and of a row only what changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from tui.keymap import named
from tui.widgets.groups import LOOKING
from tui.widgets.rows import Row, Tone, changed_cells
from tui.widgets.words import escape

Build = Callable[[int], Sequence[Row]]
"""The rows at that many cells of width."""

CURSOR = ">"
"""Marks the row under the cursor where there is no colour."""


class RowView(ScrollView):
    """Rows with or without a cursor; the cursor stays with its thing while rows come and go."""

    DEFAULT_CSS = """
    RowView {
        height: 1fr;
        overflow-x: hidden;
        scrollbar-gutter: stable;
        scrollbar-size-vertical: 1;
        & > .row--strong { text-style: bold; }
        & > .row--muted { color: $text-muted; }
        & > .row--good { color: $text-success; }
        & > .row--warn { color: $text-warning; }
        & > .row--bad { color: $text-error; }
        & > .row--accent { color: $text-accent; text-style: bold; }
        & > .row--cursor { background: $panel; }
        &:focus > .row--cursor {
            background: $block-cursor-background;
            color: $block-cursor-foreground;
        }
        &:ansi > .row--muted { color: ansi_default; text-style: dim; }
        &:ansi > .row--good { color: ansi_green; }
        &:ansi > .row--warn { color: ansi_yellow; }
        &:ansi > .row--bad { color: ansi_red; }
        &:ansi > .row--accent { color: ansi_cyan; }
        &:ansi > .row--cursor { background: ansi_default; }
        &:ansi:focus > .row--cursor {
            background: ansi_default;
            color: ansi_default;
            text-style: reverse;
        }
    }
    """
    COMPONENT_CLASSES = {f"row--{tone}" for tone in Tone} | {"row--cursor"}
    BINDINGS = named(
        "list",
        [
            Binding("up,k", "cursor(-1)", "Up", id="up", show=False, group=LOOKING),
            Binding("down,j", "cursor(1)", "Down", id="down", show=False, group=LOOKING),
            Binding(
                "pageup", "cursor_page(-1)", "A page up", id="page-up", show=False, group=LOOKING
            ),
            Binding(
                "pagedown",
                "cursor_page(1)",
                "A page down",
                id="page-down",
                show=False,
                group=LOOKING,
            ),
            Binding(
                "home",
                "cursor_to_end(-1)",
                "To the first row",
                id="first",
                show=False,
                group=LOOKING,
            ),
            Binding(
                "end", "cursor_to_end(1)", "To the last row", id="last", show=False, group=LOOKING
            ),
        ],
    )

    class CursorMoved(Message):
        """The operator moved the cursor, or clicked on a thing where there is none."""

        def __init__(self, view: RowView) -> None:
            super().__init__()
            self.view = view

        @property
        def control(self) -> RowView:
            return self.view

    def __init__(
        self,
        build: Build,
        *,
        cursor: bool = False,
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._build = build
        self._has_cursor = cursor
        self.can_focus = cursor
        self._rows: Sequence[Row] = ()
        self._first: dict[str, int] = {}
        self._key = ""

    @property
    def rows(self) -> Sequence[Row]:
        """What it shows."""
        return self._rows

    @property
    def key(self) -> str:
        """Of the thing under the cursor; empty: there is none."""
        return self._key

    @property
    def row(self) -> Row | None:
        """The row under the cursor."""
        at = self._first.get(self._key)
        return None if at is None else self._rows[at]

    @property
    def copy(self) -> str:
        """What copying the row under the cursor gives; empty: there is none."""
        row = self.row
        return "" if row is None else row.copy or row.text.strip()

    @property
    def _gutter(self) -> int:
        """Cells before a row: in place of a padding, which would be a piece of its own to send."""
        return 3 if self._has_cursor else 1

    @property
    def _shows_cursor(self) -> bool:
        return self._has_cursor

    def head(self, text: str) -> None:
        """Write a title on its border; a text from outside is no markup."""
        self.border_title = Content(f" {escape(text)} ")

    def update(self) -> None:
        """Build the rows anew, and paint what became different."""
        width = self.scrollable_content_region.width - self._gutter
        if width <= 0:
            return
        before, self._rows = self._rows, tuple(self._build(width))
        self._first = {}
        for at, row in enumerate(self._rows):
            if row.key:
                self._first.setdefault(row.key, at)
        # Another height means another layout of the screen.
        if (extent := self._extent(len(self._rows))) != self.virtual_size.height:
            self.virtual_size = Size(0, extent)
        self._paint(before)
        if self._has_cursor and self._key not in self._first:
            self._put_cursor(next(iter(self._first), ""))

    def _extent(self, count: int) -> int:
        """The height to scroll over, for so many rows."""
        return count

    def _paint(self, before: Sequence[Row]) -> None:
        """Ask for the cells that are different now, of the rows that are seen."""
        top, height = self.scroll_offset.y, self.scrollable_content_region.height
        for y in range(top, top + height):
            old = before[y] if y < len(before) else Row()
            new = self._rows[y] if y < len(self._rows) else Row()
            if old is new:
                continue
            if self._shows_cursor and old.key != new.key and self._key in (old.key, new.key):
                self._refresh_cells(y, 0, self.size.width)
            elif (cells := changed_cells(old, new)) is not None:
                self._refresh_cells(y, self._gutter + cells[0], self._gutter + cells[1])

    def _refresh_cells(self, y: int, start: int, end: int) -> None:
        self.refresh(Region(start, y - self.scroll_offset.y, end - start, 1))

    def move_to(self, key: str) -> None:
        """Put the cursor on a thing and bring it into view; nothing if it is not there."""
        if key in self._first:
            self._put_cursor(key)

    def _put_cursor(self, key: str) -> None:
        before, self._key = self._first.get(self._key), key
        for y in {before, self._first.get(key)} if self._shows_cursor else ():
            if y is not None:
                self.refresh_line(y)
        self._reveal()

    def _reveal(self) -> None:
        """Scroll so that all rows of the thing are seen, or at least its first ones."""
        at = self._first.get(self._key)
        if at is None or not self.is_mounted:
            return
        last = at
        while last + 1 < len(self._rows) and self._rows[last + 1].key == self._key:
            last += 1
        height = max(1, self.scrollable_content_region.height)
        top = self.scroll_offset.y
        target = min(at, max(top, last - height + 1))
        if target != top:
            self.scroll_to(y=target, animate=False, force=True, immediate=True)

    def action_cursor(self, by: int) -> None:
        keys = list(self._first)
        if not keys:
            self.scroll_relative(y=by, animate=False, force=True)
            return
        at = keys.index(self._key)
        self._move(keys[min(len(keys) - 1, max(0, at + by))])
        # What stands above the first thing has no key, and could not be reached again.
        if at + by < 0:
            self.scroll_home(animate=False, immediate=True)

    def action_cursor_page(self, by: int) -> None:
        height = max(1, self.scrollable_content_region.height - 1)
        at = self._first.get(self._key)
        if at is None:
            self.scroll_relative(y=by * height, animate=False, force=True)
            return
        goal = at + by * height
        keys = list(self._first)
        distances = [abs(self._first[k] - goal) for k in keys]
        key = keys[distances.index(min(distances))]
        # One thing may be longer than a page.
        self._move(key) if key != self._key else self.action_cursor(by)

    def action_cursor_to_end(self, by: int) -> None:
        keys = list(self._first)
        if keys:
            self._move(keys[0 if by < 0 else -1])
        if by < 0 or not keys:
            self.scroll_to(y=0 if by < 0 else len(self._rows), animate=False, immediate=True)

    def _move(self, key: str) -> None:
        self._put_cursor(key)
        self.post_message(self.CursorMoved(self))

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        y = offset.y + self.scroll_offset.y
        if y < len(self._rows) and self._rows[y].key in self._first:
            self._move(self._rows[y].key)

    def on_resize(self) -> None:
        self.update()
        self._reveal()

    def on_mount(self) -> None:
        self.update()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        at = y + self.scroll_offset.y
        base = self.rich_style
        width = self.size.width
        if at >= len(self._rows):
            return Strip.blank(width, base)
        row = self._rows[at]
        under = self._shows_cursor and bool(row.key) and self._first.get(self._key) == at
        ground = base
        if under:
            ground += self.get_component_rich_style("row--cursor", partial=True)
        mark = f" {CURSOR} " if under else " " * self._gutter
        segments = [Segment(mark, ground)]
        # Under the cursor one pair of colours has to do: others might not stand out from it.
        plain = under and self.has_focus
        segments += [
            Segment(s.text, ground if plain else ground + self._style(s.tone)) for s in row.spans
        ]
        strip = Strip(segments).simplify().crop_extend(0, width, ground)
        return self._selected(strip, at, width).apply_offsets(0, at)

    def _style(self, tone: Tone) -> Style:
        if tone is Tone.PLAIN:
            return Style.null()
        # Blended with the background, as $text-muted must be, but without it.
        style = self.get_component_rich_style(f"row--{tone}")
        return Style(color=style.color, bold=style.bold, dim=style.dim)

    def _selected(self, strip: Strip, at: int, width: int) -> Strip:
        """The strip with what the mouse has selected of it shown so."""
        selection = self.text_selection
        span = selection.get_span(at) if selection is not None else None
        if span is None:
            return strip
        end = width if span[1] == -1 else min(span[1], width)
        start = min(span[0], end)
        style = self.screen.get_component_rich_style("screen--selection")
        head, middle, tail = strip.divide([start, end, width])
        return Strip.join([head, middle.apply_style(style), tail])

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        indent = " " * self._gutter
        return selection.extract("\n".join(indent + r.text for r in self._rows)), "\n"

    def selection_updated(self, _: Selection | None) -> None:
        self.refresh()
