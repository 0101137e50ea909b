"""What is inside an archive, or how two differ, as titled lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from tui.keymap import named
from tui.widgets.bar import Bar
from tui.widgets.key_bar import KeyBar
from tui.widgets.row_view import RowView
from tui.widgets.rows import Row
from tui.widgets.sections import Section, section_rows
from tui.widgets.text import clean


class InsideScreen(Screen[None]):
    """Reads like `podferry inspect`."""

    CSS_PATH = "inside.tcss"
    BINDINGS: ClassVar[list[BindingType]] = named(
        "inside",
        [
            Binding("escape,q,left", "dismiss", "Back", key_display="esc"),
        ],
    )

    def __init__(self, title: str, sections: Sequence[Section]) -> None:
        super().__init__()
        self._title = title
        self._sections = sections

    def compose(self) -> ComposeResult:
        yield Bar(id="title")
        view = RowView(self._rows, id="inside")
        # It has no cursor, but is scrolled with the keys.
        view.can_focus = True
        yield view
        yield KeyBar(self.BINDINGS)

    def on_mount(self) -> None:
        self.query_one("#title", Bar).show((f" {clean(self._title)}", "bold"))
        self.query_one(RowView).focus()

    def _rows(self, width: int) -> Sequence[Row]:
        return section_rows(self._sections, width)
