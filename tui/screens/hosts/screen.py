"""The screen on which source and target are chosen; nothing is connected to before both are."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events, on
from textual.app import ComposeResult
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input

from core.errors import UsageError
from core.hosts.address import parse_address
from core.hosts.connections import podman_connections
from core.hosts.known import KnownHost
from tui.remembered import Pair
from tui.screens.hosts.keys import KEYS, key
from tui.screens.hosts.rows import host_rows
from tui.widgets.bar import Bar
from tui.widgets.key_bar import KeyBar
from tui.widgets.row_view import RowView
from tui.widgets.rows import Row
from tui.widgets.words import escape


class _Choices(RowView):
    """A click on a row chooses it."""

    class Clicked(Message):
        """The row under the cursor is meant."""

    def on_click(self, event: events.Click) -> None:
        super().on_click(event)
        if self.row is not None and event.y < len(self.rows):
            self.post_message(self.Clicked())


class HostsScreen(Screen[Pair | None]):
    """Dismissed with the pair; None: nothing was chosen."""

    CSS_PATH = "screen.tcss"
    AUTO_FOCUS = "#list"
    BINDINGS = KEYS

    def __init__(self, pairs: Sequence[Pair], hosts: Sequence[KnownHost]) -> None:
        super().__init__()
        self._pairs = pairs
        self._hosts = hosts
        self._source = ""

    def compose(self) -> ComposeResult:
        yield Bar(id="title")
        yield _Choices(self._rows, cursor=True, id="list")
        yield Input(
            placeholder="alias, user@host or ssh://user@host:port/socket",
            compact=True,
            id="address",
        )
        yield Bar(id="said")
        yield KeyBar(KEYS, id="keys")

    def on_mount(self) -> None:
        self._list = self.query_one(_Choices)
        self._address = self.query_one(Input)
        self._address.cursor_blink = False
        self._show()

    def _rows(self, width: int) -> Sequence[Row]:
        return host_rows(self._pairs, self._hosts, self._source, width)

    def _show(self, said: str = "", style: str = "$text-muted") -> None:
        source = self._source or "?"
        parts = ("Move from ", ""), (escape(source), "bold"), (" to ", ""), ("?", "bold")
        self.query_one("#title", Bar).show(*parts)
        hint = f"{key('type')} types an address"
        if self._source:
            hint += f" · {key('alone')} opens {self._source} without a target"
        self.query_one("#said", Bar).show((escape(said or hint), style))
        self._list.update()

    @on(_Choices.Clicked)
    def _on_clicked(self) -> None:
        self.action_choose()

    @on(Input.Submitted)
    def _on_typed(self, message: Input.Submitted) -> None:
        text = message.value.strip()
        self._leave_line()
        if text:
            self._take(text)

    def _leave_line(self) -> None:
        self.remove_class("-typing")
        self._list.focus()

    def action_choose(self) -> None:
        kind, _, number = self._list.key.partition(" ")
        if kind == "pair":
            self.dismiss(self._pairs[int(number)])
        elif kind == "host":
            self._take(self._hosts[int(number)].name)

    def _take(self, name: str) -> None:
        """Have that host as the source or, when there is one, as the target."""
        try:
            parse_address(name, podman_connections())
            if name == self._source:
                raise UsageError("is the source already", host=name)
        except UsageError as error:
            self._show(str(error).splitlines()[0], "bold $text-error")
            return
        if self._source:
            self.dismiss(Pair(self._source, name))
            return
        self._source = name
        self._show()
        self._list.action_cursor_to_end(-1)

    def action_type(self) -> None:
        self.add_class("-typing")
        self._address.value = ""
        self._address.focus()

    def action_alone(self) -> None:
        if self._source:
            self.dismiss(Pair(self._source))
        else:
            self._show("choose a source first", "bold")

    def action_clear(self) -> None:
        self._source = ""
        self._show()

    def action_leave(self) -> None:
        if self.has_class("-typing"):
            self._leave_line()
        elif self._source:
            self.action_clear()
        else:
            self.dismiss(None)

    def action_help(self) -> None:
        from tui.screens.help.screen import HelpScreen

        self.app.push_screen(HelpScreen(self))
