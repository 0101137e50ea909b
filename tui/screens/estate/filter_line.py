"""The line at the bottom in which a filter is typed; each key filters at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static

from tui.keymap import named
from tui.screens.estate.messages import Side


class FilterLine(Horizontal):
    """Takes the place of the sums while a filter is typed."""

    BINDINGS: ClassVar[list[BindingType]] = named(
        "filter",
        [
            Binding("escape", "clear", "Clear the filter", show=False),
            Binding("down,up,tab,shift+tab", "keep", "Back to the rows", show=False, priority=True),
        ],
    )

    @dataclass
    class Typed(Message):
        """The filter of that pane reads like this now."""

        side: Side
        text: str

    @dataclass
    class Left(Message):
        """The operator is done with the filter."""

        side: Side

    def __init__(self) -> None:
        super().__init__(id="filter")
        self.side = Side.SOURCE

    def compose(self) -> ComposeResult:
        yield Static("/", markup=False)
        line = Input(placeholder="words, !without", compact=True, select_on_focus=False)
        line.cursor_blink = False
        yield line

    def on_mount(self) -> None:
        self.display = False

    def open(self, side: Side, text: str) -> None:
        """Type the filter of that pane."""
        self.side = side
        self.display = True
        line = self.query_one(Input)
        with line.prevent(Input.Changed):
            line.value = text
        line.cursor_position = len(text)
        self.screen.set_focus(line)

    @on(Input.Changed)
    def _on_changed(self, event: Input.Changed) -> None:
        event.stop()
        if self.display:
            self.post_message(self.Typed(self.side, event.value))

    @on(Input.Submitted)
    def _on_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_keep()

    def action_keep(self) -> None:
        self.display = False
        self.post_message(self.Left(self.side))

    def action_clear(self) -> None:
        self.post_message(self.Typed(self.side, ""))
        self.action_keep()
