"""The screen of a run that was broken off."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import Screen

from core.errors import PodferryError
from core.journal.journal import Journal, JournalRun
from core.migrate.events import Event, RollingBack, StepStarted
from core.migrate.resume import find, resume
from core.migrate.truth import Direction
from core.podman.engine import Engine
from tui.keymap import named, shown
from tui.screens.help.screen import HelpScreen
from tui.screens.resume.rows import Line, line_rows
from tui.widgets.bar import Bar
from tui.widgets.groups import LOOKING, MOVING_ON
from tui.widgets.key_bar import KeyBar
from tui.widgets.row_view import RowView
from tui.widgets.rows import Row
from tui.widgets.words import escape

_LOOKING = "Looking at both hosts ..."
_FORWARD = "Move the item, again if it must be"
_BACK = "Bring the item back to the source, even if it runs on the target"
_BY_TRUTH = "Finish what runs on the target, take back all else"


class ResumeScreen(Screen[None]):
    """Looks first, and does nothing before enter."""

    CSS_PATH = "screen.tcss"
    AUTO_FOCUS = "#items"
    BINDINGS = named(
        "resume",
        [
            Binding("enter", "go", "Go", key_display="enter", group=MOVING_ON),
            Binding("escape", "leave", "Leave", key_display="esc", group=MOVING_ON),
            Binding("f", "wish('forward')", "Forward", tooltip=_FORWARD, group=LOOKING),
            Binding("b", "wish('back')", "Back", tooltip=_BACK, group=LOOKING),
            Binding(
                "d", "wish('')", "By what is true", id="by-truth", tooltip=_BY_TRUTH, group=LOOKING
            ),
            Binding("question_mark", "help", "Help", key_display="?", group=MOVING_ON),
        ],
    )

    def __init__(self, run: JournalRun, source: Engine, target: Engine) -> None:
        super().__init__()
        self._run = run
        self._source = source
        self._target = target
        self._lines: dict[str, Line] = {}
        self._busy = True
        self._under_way = False

    def compose(self) -> ComposeResult:
        yield RowView(self._rows, cursor=True, id="items")
        yield Bar(id="said")
        yield KeyBar([*self.BINDINGS], id="keys")

    def on_mount(self) -> None:
        run = self._run
        title = f"Left unfinished by run {run.id}   {run.source} → {run.target}"
        self.query_one(RowView).head(title)
        self.run_worker(self._look())

    def _rows(self, width: int) -> Sequence[Row]:
        return line_rows(self._lines.values(), self._run, width)

    def _say(self, text: str, style: str = "bold") -> None:
        self.query_one(Bar).show((escape(text), style))

    async def _look(self) -> None:
        self._say(_LOOKING)
        try:
            found = await find(self._run, self._source, self._target)
        except PodferryError as error:
            self._say(str(error), "bold $text-error")
            return
        self._lines = {one.item.name: Line(one) for one in found}
        self._busy = False
        self._say(f"{shown('resume.go')} does what is said of each item; nothing is done yet")
        self.query_one(RowView).update()

    async def _resume(self) -> None:
        self._busy = self._under_way = True
        self._say("Under way. What is broken off now can be resumed again.")
        choice = {name: line.wish for name, line in self._lines.items()}
        try:
            journal = Journal.open(self._run.id)
            try:
                done = await resume(journal, self._source, self._target, choice, self._heard)
            finally:
                journal.close()
        except PodferryError as error:
            self._say(str(error), "bold $text-error")
            return
        finally:
            self._under_way = False
        for resumed in done:
            self._lines[resumed.name].end = resumed
        self._say(f"Done. {shown('resume.leave')} goes back to the hosts.")
        self.query_one(RowView).update()

    def _heard(self, event: Event) -> None:
        if isinstance(event, StepStarted | RollingBack) and event.item in self._lines:
            title = event.title if isinstance(event, StepStarted) else "going back"
            self._lines[event.item].doing = title
            self.query_one(RowView).update()

    def action_go(self) -> None:
        if not self._busy:
            self.run_worker(self._resume())

    def action_wish(self, word: str) -> None:
        if not self._busy and (key := self.query_one(RowView).key):
            self._lines[key].wish = Direction(word) if word else None
            self.query_one(RowView).update()

    def action_leave(self) -> None:
        if self._under_way:
            self._say(
                "Under way: wait for its end. Quitting breaks it off; it can be resumed again."
            )
        else:
            self.dismiss(None)

    def action_help(self) -> None:
        self.app.push_screen(HelpScreen(self))
