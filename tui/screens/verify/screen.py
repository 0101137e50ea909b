"""The matrix of a run's items by kinds of evidence, worst first."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import Screen

from core.errors import PodferryError
from core.evidence.kept import kept
from core.evidence.watch import Watch
from core.journal.journal import Journal, read_run
from core.migrate.verify import verifiable, verify
from core.podman.engine import Engine
from tui.keymap import named, shown
from tui.messages import Decision, SettleAsked, Settled
from tui.screens.help.screen import HelpScreen
from tui.screens.verify.lines import Line, looked, make_lines, sums
from tui.screens.verify.rows import LEGEND, LEGEND_LINE, head_row, matrix_rows
from tui.screens.verify.side import SideScreen
from tui.widgets.bar import Bar
from tui.widgets.groups import LOOKING, MOVING_ON, SETTLING
from tui.widgets.key_bar import KeyBar
from tui.widgets.row_view import RowView
from tui.widgets.rows import Row
from tui.widgets.words import escape

_ACCEPT = "Delete the source copy of the item"
_ACCEPT_GOOD = "Delete the source copies of all that are as they were"
_ROLL_BACK = "Bring the item back to its source"
_BUSY = "Looking at the target: wait for it."


class VerifyScreen(Screen[None]):
    """Shows what the journal keeps, and looks at the target again when asked to."""

    CSS_PATH = "screen.tcss"
    AUTO_FOCUS = "#items"
    BINDINGS = named(
        "verify",
        [
            Binding("enter", "open", "Side by side", key_display="enter", group=LOOKING),
            Binding("r", "look", "Look again", group=LOOKING),
            Binding("a", "accept", "Accept", tooltip=_ACCEPT, group=SETTLING),
            Binding("A", "accept_good", "Accept good", tooltip=_ACCEPT_GOOD, group=SETTLING),
            Binding("z", "roll_back", "Roll back", tooltip=_ROLL_BACK, group=SETTLING),
            Binding("escape,q", "leave", "Leave", key_display="esc", group=MOVING_ON),
            Binding("question_mark", "help", "Help", key_display="?", group=MOVING_ON),
        ],
    )

    def __init__(self, run_id: str, source: Engine, target: Engine) -> None:
        super().__init__()
        self._run_id = run_id
        self._source = source
        self._target = target
        self._lines: tuple[Line, ...] = ()
        self._busy = False

    def compose(self) -> ComposeResult:
        yield RowView(lambda width: [head_row(width)], id="head")
        yield RowView(self._rows, cursor=True, id="items")
        yield Bar(id="said")
        yield Bar(id="legend")
        yield KeyBar(self.BINDINGS, id="keys")

    def on_mount(self) -> None:
        hosts = f"{self._source.label} → {self._target.label}"
        self.query_one("#head", RowView).head(f"Evidence of run {self._run_id}   {hosts}")
        self.query_one("#legend", Bar).show((LEGEND_LINE, "$text-muted"))

    async def on_screen_resume(self) -> None:
        await self._read()

    @on(Settled)
    async def _on_settled(self) -> None:
        await self._read()

    def _rows(self, width: int) -> Sequence[Row]:
        return matrix_rows(self._lines, width)

    def _say(self, text: str, style: str = "bold") -> None:
        self.query_one("#said", Bar).show((escape(text), style))

    def _show(self, lines: tuple[Line, ...], when: str) -> None:
        self._lines = lines
        self.query_one("#items", RowView).update()
        self._say(f"{sums(lines)}   ({when})")

    async def _read(self) -> None:
        """What was accepted or brought back meanwhile is known to the journal."""
        if self._busy:
            return
        try:
            run = await asyncio.to_thread(read_run, self._run_id)
            compared = await asyncio.to_thread(kept, self._run_id)
        except PodferryError as error:
            self._say(str(error), "bold $text-error")
            return
        when = f"when last looked at: {shown('verify.look')} looks again"
        self._show(make_lines(run.items, compared), when)

    async def _look(self) -> None:
        self._say("Looking at the target ...")
        try:
            journal = await asyncio.to_thread(Journal.open, self._run_id)
            try:
                items = verifiable((await journal.read()).items)
                watch = await asyncio.to_thread(Watch.configured)
                results = await verify(items, journal, self._source, self._target, watch)
            finally:
                await asyncio.to_thread(journal.close)
        except PodferryError as error:
            self._say(str(error), "bold $text-error")
            return
        finally:
            self._busy = False
        self._show(looked(self._lines, results), "just looked at")

    @property
    def _chosen(self) -> Line | None:
        key = self.query_one("#items", RowView).key
        return next((line for line in self._lines if line.name == key), None)

    def action_look(self) -> None:
        if not self._busy:
            self._busy = True
            self.run_worker(self._look())

    def action_open(self) -> None:
        if line := self._chosen:
            self.app.push_screen(SideScreen(line, self._source, self._target))

    def action_accept(self) -> None:
        self._settle(Decision.ACCEPT, [self._chosen] if self._chosen else [])

    def action_accept_good(self) -> None:
        self._settle(Decision.ACCEPT, [line for line in self._lines if line.good])

    def action_roll_back(self) -> None:
        self._settle(Decision.ROLL_BACK, [self._chosen] if self._chosen else [])

    def _settle(self, decision: Decision, lines: Sequence[Line]) -> None:
        names = [line.name for line in lines if line.waits]
        if self._busy:
            self._say(_BUSY)
        elif names:
            self.app.post_message(SettleAsked(decision, dict.fromkeys(names, self._run_id)))
        else:
            self._say("Only what has moved, and is not settled, can be accepted or brought back.")

    def action_leave(self) -> None:
        if self._busy:
            self._say(_BUSY)
        else:
            self.dismiss(None)

    def action_help(self) -> None:
        self.app.push_screen(HelpScreen(self, LEGEND))
