"""The screen of a run: it begins the run, shows what the run tells, and stays until its end."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Container
from textual.message import Message
from textual.screen import Screen

from core.errors import PodferryError
from core.migrate.events import Cancel, Event, ItemResult, Outcome, Progress
from tui.keymap import keys_of, shown
from tui.messages import Decision, RunOver, SettleAsked, VerifyAsked
from tui.screens.help.screen import HelpScreen
from tui.screens.run.asking import ask_all, ask_one, telling, why_not
from tui.screens.run.feed import RunFeed
from tui.screens.run.headline import headline_rows
from tui.screens.run.item_rows import item_rows
from tui.screens.run.keys import KEYS, KEYS_AT_END
from tui.screens.run.leaving import LeaveScreen, Leaving
from tui.screens.run.log_view import LogView
from tui.screens.run.looks import LEGEND
from tui.screens.run.panes import fill_slots, pane_rows
from tui.screens.run.shape import Shape, shape_of
from tui.screens.run.state import RunState, apply, tell
from tui.screens.run.summary import REPORT, summary_rows
from tui.screens.run.throttle import Throttle
from tui.widgets.bar import Bar
from tui.widgets.key_bar import KeyBar
from tui.widgets.row_view import RowView
from tui.widgets.rows import Row
from tui.widgets.words import escape

PAINT_S = 0.25
"""Seconds between two paints while events arrive."""

TICK_S = 1.0
"""Seconds between two readings of the clocks while something is under way."""

_ANSWERS = "cancel", "cancel-all", "leave"
"""Actions whose keys answer a question."""


class RunScreen(Screen[tuple[ItemResult, ...]]):
    """Dismissed with the results, once the run is over."""

    CSS_PATH = "screen.tcss"
    AUTO_FOCUS = "#items"
    BINDINGS = [*KEYS]

    class Told(Message):
        """The run has told something; it waits in the inbox."""

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, RunScreen.Told)

    def __init__(self, runner: RunFeed, *, clock: Callable[[], float] = time.time) -> None:
        super().__init__()
        self._runner = runner
        self._clock = clock
        self._inbox: list[Event] = []
        self._state = RunState.of(runner.run_id, runner.plan)
        self._slots: tuple[str, ...] = ()
        self._results: tuple[ItemResult, ...] | None = None
        """None: the run is under way."""
        self._broke = ""
        """Why the run ended without results; empty: it did not."""
        self._report_path = ""
        self._over = asyncio.Event()
        self._asked: Cancel | None = None
        """What the same key again will tell the runner."""
        self._asked_at = ""
        """Where the cursor was then."""
        self._follows = True
        """The cursor goes with the work, until the operator moves it."""
        self._shape: Shape | None = None
        self._unsubscribe: Callable[[], None] = lambda: None

    @property
    def state(self) -> RunState:
        """What is known of the run."""
        return self._state

    @property
    def over(self) -> bool:
        """Whether the run has ended."""
        return self._results is not None

    def compose(self) -> ComposeResult:
        yield RowView(lambda w: headline_rows(self._state, self._clock(), w), id="headline")
        with Container(id="middle"):
            yield RowView(lambda w: item_rows(self._state, w), cursor=True, id="items")
            yield RowView(self._pane_rows, id="panes")
        yield RowView(
            lambda w: summary_rows(self._state, w, self._broke, self._report_path),
            cursor=True,
            id="summary",
        )
        yield LogView(id="log")
        yield Bar(id="message")
        yield KeyBar([*KEYS], id="keys")
        yield KeyBar([*KEYS_AT_END], id="keys-at-end")

    def on_mount(self) -> None:
        self._headline = self.query_one("#headline", RowView)
        self._items = self.query_one("#items", RowView)
        self._panes = self.query_one("#panes", RowView)
        self._summary = self.query_one("#summary", RowView)
        self._log = self.query_one(LogView)
        self._items.border_title = " Items "
        self._panes.border_title = " Under way "
        self._log.border_title = " Log "
        self._summary.border_title = " Summary "
        self._throttle = Throttle(self, PAINT_S, self._paint)
        self._ticker = self.set_interval(TICK_S, self._tick, pause=True)
        self._unsubscribe = self._runner.subscribe(self._take)
        self.run_worker(self._carry_out(), group="run", exit_on_error=False)

    def on_unmount(self) -> None:
        self._unsubscribe()

    def _take(self, event: Event) -> None:
        self._inbox.append(event)
        self.post_message(self.Told())

    async def _carry_out(self) -> None:
        results: tuple[ItemResult, ...] | None = None
        try:
            results = await self._runner.run()
        except Exception as error:
            self._broke = str(error) or type(error).__name__
        self._drain()
        self._results = self._state.results if results is None else results
        self._end()

    @on(Told)
    def _on_told(self) -> None:
        if self._drain():
            self._throttle.ask()

    def _drain(self) -> bool:
        """Take in what was told; whether any of it cannot wait for the next tick."""
        told, self._inbox = self._inbox, []
        for event in told:
            self._state = apply(self._state, event)
        return not all(isinstance(event, Progress) for event in told)

    def _end(self) -> None:
        self._over.set()
        self.app.post_message(RunOver(self._told_end()))
        if isinstance(self.app.screen, LeaveScreen):
            # What it asks is settled: nothing is under way any more.
            self.app.screen.dismiss(Leaving.STAY)
        self.add_class("-done")
        self._asked = None
        if self.focused is not self._log:
            self._summary.focus()
        self._say("the run broke off" if self._broke else "", "bold $text-error")
        self._paint()

    def _told_end(self) -> str:
        """How the run ended, in few words."""
        if self._broke:
            return f"run {self._state.run_id} broke off"
        counts = Counter(r.outcome.replace("_", " ") for r in self._results or ())
        return (
            ", ".join(f"{count} {outcome}" for outcome, count in counts.items()) or "nothing done"
        )

    def _tick(self) -> None:
        self._headline.update()
        self._items.update()
        self._panes.update()

    def _paint(self) -> None:
        self._arrange()
        self._tick()
        self._log.show(self._state.log)
        self._summary.update()
        under_way = self._state.started_s is not None and self._results is None
        (self._ticker.resume if under_way else self._ticker.pause)()
        if self._follows and self._asked is None:
            self._follow()

    def _follow(self) -> None:
        under = self._state.find(self._items.key)
        active = self._state.active
        if active and (under is None or not under.active):
            self._items.move_to(active[0].name)

    def _arrange(self) -> None:
        """Share the room among the parts; it only changes with the screen or a new pane."""
        shape = shape_of(self.size.width, self.size.height)
        slots = fill_slots(self._slots, self._state, shape.slots)
        if shape == self._shape and len(slots) == len(self._slots):
            self._slots = slots
            return
        self._shape, self._slots = shape, slots
        self.set_class(shape.wide, "-wide")
        self.set_class(shape.low, "-low")
        self._log.styles.height = "1fr" if self.has_class("-big-log") else shape.log
        self._panes.styles.height = "1fr" if shape.wide else shape.panes(len(slots))

    def _pane_rows(self, width: int) -> Sequence[Row]:
        spaced = self._shape is not None and self._shape.wide
        return pane_rows(self._state, self._slots, self._clock(), width - 1, spaced=spaced)

    def on_resize(self) -> None:
        self._paint()

    def _say(self, text: str, style: str = "$text-muted") -> None:
        self.query_one(Bar).show((escape(text), style))

    def _ask(self, command: Cancel, question: str | None, otherwise: str) -> None:
        self._asked = command if question else None
        self._asked_at = self._items.key
        self._say(question or otherwise, "bold $text-warning" if question else "$text-muted")

    def _tell(self, command: Cancel) -> None:
        self._asked = None
        self._runner.tell(command)
        self._state = tell(self._state, command)
        self._say(telling(self._state, command), "$text-warning")
        self._paint()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "settle":
            return bool(self._results and self._moved)
        if action == "verify":
            return self._results is not None and not self._state.way_back
        if action == "report":
            return self.over
        return self._results is None or not action.startswith("cancel")

    @property
    def _moved(self) -> list[str]:
        """Names of what waits to be accepted or rolled back."""
        moved = [r.name for r in self._state.results if r.outcome is Outcome.MOVED]
        return [] if self._state.way_back else moved

    async def ended(self) -> tuple[ItemResult, ...]:
        """Wait for the end of the run, which stays on the screen; its results."""
        await self._over.wait()
        return self._results or ()

    def action_settle(self, decision: str) -> None:
        items = dict.fromkeys(self._moved, self._state.run_id)
        self.app.post_message(SettleAsked(Decision(decision), items))
        self.dismiss(self._results)

    def action_verify(self) -> None:
        self.app.post_message(VerifyAsked(self._state.run_id))

    def action_report(self) -> None:
        self.run_worker(self._report(), group="report", exclusive=True)

    async def _report(self) -> None:
        """Write the report beside the journal, and say where."""
        from core.report.read import read_report
        from tui.report.files import keep

        try:
            path = await asyncio.to_thread(lambda: keep(read_report(self._state.run_id)))
        except PodferryError as error:
            self._say(str(error), "bold $text-error")
        else:
            self._report_path = str(path)
            self._summary.update()
            self._summary.move_to(REPORT)
            self._summary.focus()
            self._say(f"report written: {shown('run.copy')} copies its path")

    def action_cancel(self) -> None:
        asked = self._asked.item if self._asked else None
        name = asked or self._items.key
        question = ask_one(self._state, name)
        if asked and question:
            self._tell(Cancel(asked))
        else:
            self._ask(Cancel(name), question, why_not(self._state, name))

    def action_cancel_all(self) -> None:
        question = ask_all(self._state)
        if self._asked == Cancel(None) and question:
            self._tell(Cancel(None))
        else:
            self._ask(Cancel(None), question, "nothing to cancel")

    def action_leave(self) -> None:
        if self._results is not None:
            self.dismiss(self._results)
        elif self._asked is not None:
            self._stay()
        else:
            self.ask_to_leave()

    def ask_to_leave(self) -> None:
        """Have the operator choose what becomes of the run, once."""
        if isinstance(self.app.screen, LeaveScreen):
            return
        self._stay()
        feed = self._runner
        question = LeaveScreen(feed.run_id, self._state.source, outlives=feed.outlives)
        self.app.push_screen(question, self._leave)

    def _leave(self, leaving: Leaving | None) -> None:
        if self._results is not None or leaving is Leaving.STAY:
            return
        if leaving is Leaving.CANCEL:
            self._tell(Cancel())
            return
        words = f"Run {self._runner.run_id} goes on. podferry attach {self._runner.run_id}"
        self.app.exit(0, message=words if self._runner.outlives else None)

    def action_finish(self) -> None:
        if self._results is not None:
            self.dismiss(self._results)
        else:
            self._stay()

    def action_big_log(self) -> None:
        self._stay()
        big = not self.has_class("-big-log")
        self.set_class(big, "-big-log")
        self._shape = None
        self._arrange()
        if big:
            self._log.focus()
        else:
            (self._items if self._results is None else self._summary).focus()

    def action_help(self) -> None:
        self._stay()
        self.app.push_screen(HelpScreen(self, LEGEND))

    def action_copy(self) -> None:
        view = self.focused
        text = self.get_selected_text() or (view.copy if isinstance(view, RowView) else "")
        if text:
            self.app.copy_to_clipboard(text)
            self._asked = None
            self._say(f"copied: {text}")

    @on(RowView.CursorMoved, "#items")
    def _on_moved(self) -> None:
        self._follows = False
        # The message may come after the key that asked about the item moved to.
        if self._items.key != self._asked_at:
            self._stay()

    @on(RowView.CursorMoved, "#panes")
    def _on_pane(self, message: RowView.CursorMoved) -> None:
        self._follows = False
        self._items.move_to(message.view.key)

    def on_key(self, event: events.Key) -> None:
        # Keys come here before their bindings; these answer a question themselves.
        if event.key not in {k for name in _ANSWERS for k in keys_of(f"run.{name}")}:
            self._stay()

    def on_click(self) -> None:
        self._stay()

    def _stay(self) -> None:
        """Take a question back."""
        if self._asked is not None:
            self._asked = None
            self._say("")
