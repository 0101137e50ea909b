"""The screen of the preflight: causes, the worst first, and one key that settles each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from textual import on
from textual.app import ComposeResult
from textual.screen import Screen

from core.checks.model import Group
from core.podman.model import Route
from tui.screens.fixes.errand import Errand
from tui.screens.fixes.rows import fix_rows, undo_rows
from tui.screens.fixes.screen import FixScreen
from tui.screens.help.screen import HelpScreen
from tui.screens.preflight.detail_rows import detail_rows
from tui.screens.preflight.feed import PreflightFeed
from tui.screens.preflight.keys import KEYS
from tui.screens.preflight.list_rows import headline_rows, list_rows
from tui.screens.preflight.scope import key_of, ordered, relevant
from tui.screens.run.log_view import LogView
from tui.widgets.key_bar import KeyBar
from tui.widgets.row_view import RowView
from tui.widgets.rows import Row
from tui.widgets.severity import LEGEND
from tui.widgets.units import plural


class PreflightScreen(Screen[None]):
    """Shows what the feed found, and changes the hosts through it."""

    CSS_PATH = "screen.tcss"
    AUTO_FOCUS = "#list"
    BINDINGS = KEYS

    def __init__(self, feed: PreflightFeed, marks: Mapping[str, Route]) -> None:
        super().__init__()
        self._feed = feed
        self._marks = marks
        self._marked_only = bool(marks)
        self._groups: Sequence[Group] | None = None
        """None: nothing was seen yet."""
        self._errand = Errand(id="message")

    def compose(self) -> ComposeResult:
        yield RowView(self._headline_rows, id="headline")
        yield RowView(lambda w: list_rows(self._groups or (), w), cursor=True, id="list")
        yield RowView(self._detail_rows, cursor=True, id="detail")
        yield LogView(id="log")
        yield self._errand
        yield KeyBar(KEYS, id="keys")

    def on_mount(self) -> None:
        self._list = self.query_one("#list", RowView)
        self._detail = self.query_one("#detail", RowView)
        self._log = self.query_one(LogView)
        self._list.border_title = " Causes "
        self._detail.border_title = " Cause "
        self._log.border_title = " Log "
        self._show()
        self.action_refresh()

    @property
    def group(self) -> Group | None:
        """The group under the cursor."""
        key = self._list.key
        return next((g for g in self._groups or () if key_of(g) == key), None)

    def _headline_rows(self, width: int) -> Sequence[Row]:
        hosts = self._feed.hosts
        marked = plural(len(self._marks), "marked item")
        scope = marked if self._marked_only else "all items"
        return headline_rows(self._groups, hosts, scope, self._errand.busy, width)

    def _detail_rows(self, width: int) -> Sequence[Row]:
        group = self.group
        return detail_rows(group, self._feed.hosts, width) if group is not None else ()

    def _show(self) -> None:
        """Show what the feed knows; the cursor stays with its cause, or goes to the next one."""
        report = self._feed.report(self._marks)
        if report is not None:
            before = [key_of(g) for g in self._groups or ()]
            findings = relevant(report, self._marks, marked_only=self._marked_only)
            self._groups = ordered(findings)
            place = before.index(self._list.key) if self._list.key in before else 0
            keys = [key_of(g) for g in self._groups]
            lost = self._list.key not in keys
            self._list.update()
            if lost and keys:
                self._list.move_to(keys[min(place, len(keys) - 1)])
        self.query_one("#headline", RowView).update()
        self._detail.update()
        self._log.show(self._feed.log)

    @on(Errand.Changed)
    def _on_errand(self) -> None:
        self._show()

    def action_refresh(self) -> None:
        self._errand.begin("Looking at both hosts ...", self._feed.look_again)

    def action_fix(self) -> None:
        group = self.group
        fix = group.fix if group is not None else None
        if group is None or fix is None:
            self._errand.say("Podferry has no fix for this: what to do stands below")
            return
        hosts, count = self._feed.hosts, len(group.items)
        question = FixScreen(
            lambda width: fix_rows(fix, hosts, width),
            f"Do this for {plural(count, 'item')}?" if count > 1 else "Do this?",
        )
        self._ask(question, fix.title, lambda: self._feed.fix(fix))

    def action_take_back(self) -> None:
        fix = self._feed.last_fix
        if fix is None:
            self._errand.say("there is no fix to take back")
            return
        hosts = self._feed.hosts
        question = FixScreen(lambda width: undo_rows(fix, hosts, width), "Take it back?")
        self._ask(question, f"take back: {fix.title}", lambda: self._feed.take_back(fix))

    def _ask(self, question: FixScreen, title: str, act: Callable[[], Awaitable[None]]) -> None:
        async def change() -> str:
            try:
                await act()
            finally:
                # A change that failed may have done a part of its work.
                await self._feed.look_again()
            return f"done: {title}"

        self._errand.ask(question, title, change)

    def action_canary(self) -> None:
        self._errand.begin("Moving a throwaway container ...", self._feed.try_canary, changing=True)

    # Looking.

    @on(RowView.CursorMoved, "#list")
    def _on_moved(self) -> None:
        self._detail.update()
        self._detail.action_cursor_to_end(-1)
        self._errand.say("")

    def action_scope(self) -> None:
        if not self._marks:
            self._errand.say("nothing is marked, so everything is shown")
            return
        self._marked_only = not self._marked_only
        self._show()

    def action_log(self) -> None:
        if not self._feed.log:
            self._errand.say("nothing was done yet")
            return
        self.toggle_class("-log")
        self._log.show(self._feed.log)
        (self._log if self.has_class("-log") else self._list).focus()

    def action_leave(self) -> None:
        if self._errand.changing:
            self._errand.refuse()
        elif self.has_class("-log"):
            self.action_log()
        else:
            self.dismiss(None)

    def action_help(self) -> None:
        self.app.push_screen(HelpScreen(self, LEGEND))

    def action_copy(self) -> None:
        view = self.focused
        text = self.get_selected_text() or (view.copy if isinstance(view, RowView) else "")
        if text:
            self.app.copy_to_clipboard(text)
            self._errand.say(f"copied: {text}")
