"""One item side by side: what was and what is, and the tails of both logs, which follow."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.screen import Screen

from core.errors import PodferryError
from core.migrate.moved import Moved, look
from core.podman.engine import Engine
from tui.keymap import named
from tui.screens.help.screen import HelpScreen
from tui.screens.verify.lines import Line
from tui.screens.verify.rows import LEGEND, log_rows, side_rows
from tui.widgets.bar import Bar
from tui.widgets.groups import LOOKING, MOVING_ON
from tui.widgets.key_bar import KeyBar
from tui.widgets.row_view import RowView
from tui.widgets.rows import Row
from tui.widgets.words import escape

FOLLOW_S = 2.0
_TAIL = 50


class SideScreen(Screen[None]):
    """Looks at logs alone; what was compared is told as it was kept."""

    CSS_PATH = "screen.tcss"
    AUTO_FOCUS = "#sides"
    BINDINGS = named(
        "side",
        [
            Binding(
                "n", "next", "Next container", tooltip="Logs of the next container", group=LOOKING
            ),
            Binding("tab", "app.focus_next", "Evidence/logs", group=LOOKING),
            Binding("escape,q,enter", "leave", "Back", key_display="esc", group=MOVING_ON),
            Binding("question_mark", "help", "Help", key_display="?", group=MOVING_ON),
        ],
    )

    def __init__(self, line: Line, source: Engine, target: Engine) -> None:
        super().__init__()
        self._line = line
        self._engines = (source, target)
        self._pairs: list[tuple[str, str, str]] = []
        """Name of a container, and its IDs on both hosts; empty: it is not there."""
        self._at = 0
        self._logs: list[tuple[str, ...]] = [(), ()]

    def compose(self) -> ComposeResult:
        yield RowView(self._rows, cursor=True, id="sides")
        with Horizontal(id="logs"):
            yield RowView(lambda width: log_rows(self._logs[0], width), cursor=True, id="log-was")
            yield RowView(lambda width: log_rows(self._logs[1], width), cursor=True, id="log-is")
        yield Bar(id="said")
        yield KeyBar(self.BINDINGS, id="keys")

    def on_mount(self) -> None:
        self._views = [self.query_one(f"#log-{word}", RowView) for word in ("was", "is")]
        self.query_one("#sides", RowView).head(f"{self._line.name}   {self._line.word}")
        self.run_worker(self._follow(), exclusive=True)

    def _rows(self, width: int) -> Sequence[Row]:
        source, target = self._engines
        return side_rows(self._line, source.label, target.label, width)

    async def _follow(self) -> None:
        """Read both tails until the screen is left."""
        try:
            moved = await look(self._line.item, *self._engines)
        except PodferryError as error:
            self._say(error)
            return
        self._pairs = pairs(moved)
        while self._pairs:
            name, *ids = self._pairs[self._at % len(self._pairs)]
            for side, (engine, ident) in enumerate(zip(self._engines, ids, strict=True)):
                view = self._views[side]
                view.head(f"log of {name} on {engine.label}")
                await self._read(side, engine, ident)
                view.update()
                view.scroll_end(animate=False, immediate=True)
            await asyncio.sleep(FOLLOW_S)

    async def _read(self, side: int, engine: Engine, ident: str) -> None:
        self._logs[side] = ()
        if ident:
            try:
                self._logs[side] = (await engine.details(ident, _TAIL)).log_tail
            except PodferryError as error:
                self._say(error)

    def _say(self, error: PodferryError) -> None:
        self._show(str(error), "bold $text-error")

    def _show(self, text: str, style: str = "$text-muted") -> None:
        self.query_one("#said", Bar).show((escape(text), style))

    def action_next(self) -> None:
        if len(self._pairs) == 1:
            self._show("It has no other container.")
            return
        self._at += 1
        self.run_worker(self._follow(), exclusive=True)

    def action_leave(self) -> None:
        self.dismiss(None)

    def action_help(self) -> None:
        self.app.push_screen(HelpScreen(self, LEGEND))


def pairs(moved: Moved) -> list[tuple[str, str, str]]:
    """Containers by name, with their IDs on the source and on the target."""
    old = {str(c["Name"]): str(c["Id"]) for c in moved.source.containers}
    new = {str(c["Name"]): str(c["Id"]) for c in (moved.target.containers if moved.target else ())}
    return [(name, old.get(name, ""), new.get(name, "")) for name in {**old, **new}]
