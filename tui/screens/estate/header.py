"""The titles of a pane's columns; a click on one sorts by it."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from tui.screens.estate.columns import place_columns
from tui.screens.estate.drawing import header_cells
from tui.screens.estate.sorting import SortKey


class TableHeader(Widget):
    """One line of column titles."""

    DEFAULT_CSS = """
    TableHeader {
        height: 1;
        color: $text-muted;
        text-wrap: nowrap;
        text-overflow: clip;
        &:ansi { color: ansi_default; text-style: dim; }
    }
    """
    sort = reactive(SortKey.NAME)
    is_reverse = reactive(False)

    @dataclass
    class SortClicked(Message):
        """A column's title was clicked."""

        header: TableHeader
        key: SortKey

    def render(self) -> Content:
        columns = place_columns(self._table_width)
        parts: list[str | tuple[str, str]] = []
        x = 0
        for column, title in header_cells(columns, self.sort, reverse=self.is_reverse):
            parts += [" " * (column.x - x), (title, "bold" if column.key is self.sort else "")]
            x = column.x + column.width
        return Content.assemble(*parts)

    @property
    def _table_width(self) -> int:
        """The table keeps a cell for its scrollbar."""
        return self.size.width - 1

    def on_click(self, event: events.Click) -> None:
        event.stop()
        for column in place_columns(self._table_width):
            if column.x <= event.x <= column.x + column.width:
                self.post_message(self.SortClicked(self, column.key))
