"""The estates of source and target side by side, and the marks on the source's items."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.screen import Screen

from core.podman.engine import Engine
from core.podman.model import Item, Route
from tui.messages import GoAsked
from tui.screens.estate.filter_line import FilterLine
from tui.screens.estate.header import TableHeader
from tui.screens.estate.keys import SCREEN_KEYS
from tui.screens.estate.lines import banner_parts, sums_parts
from tui.screens.estate.mark_book import MarkBook
from tui.screens.estate.marks import tally
from tui.screens.estate.messages import (
    Connected,
    Connecting,
    EstateTaken,
    HostLost,
    Side,
    UsageTaken,
)
from tui.screens.estate.pane import HostPane
from tui.screens.estate.rows import Level, Row
from tui.screens.estate.table import EstateTable
from tui.screens.estate.watcher import Pace, Watcher
from tui.widgets.bar import Bar
from tui.widgets.key_bar import KeyBar


class EstateScreen(Screen[None]):
    """Home. It owns the marks; its panes own what is known of their hosts."""

    CSS_PATH = "estate.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-stacked"), (100, "-beside")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (20, "-tall")]
    BINDINGS: ClassVar[list[BindingType]] = SCREEN_KEYS

    def __init__(
        self,
        source: Engine,
        target: Engine | None,
        *,
        demo: bool = False,
        pace: Pace | None = None,
    ) -> None:
        super().__init__()
        self._engines = {Side.SOURCE: source}
        if target is not None:
            self._engines[Side.TARGET] = target
        self._demo = demo
        self._watchers = {
            side: Watcher(engine, side, self.post_message, pace or Pace())
            for side, engine in self._engines.items()
        }
        self._book = MarkBook()
        self._busy = ""
        self._filter = FilterLine()

    def compose(self) -> ComposeResult:
        yield Bar(id="banner")
        with Container(id="panes"):
            for side, engine in self._engines.items():
                yield HostPane(side, engine.label)
        yield Bar(id="sums")
        yield self._filter
        yield KeyBar(self.BINDINGS)

    def on_mount(self) -> None:
        self._show_banner()
        self._show_sums()
        self.source.table.focus()
        for side, watcher in self._watchers.items():
            self.run_worker(watcher.run(), name=f"watch {side}", group=f"watch {side}")

    def on_screen_suspend(self) -> None:
        for watcher in self._watchers.values():
            watcher.quiet = True

    def on_screen_resume(self) -> None:
        for watcher in self._watchers.values():
            if watcher.quiet:
                watcher.quiet = False
                watcher.refresh()

    def pane(self, side: Side) -> HostPane:
        """The pane of that host."""
        return self.query_one(f"#{side}", HostPane)

    @property
    def source(self) -> HostPane:
        """The pane with the marks."""
        return self.pane(Side.SOURCE)

    @property
    def active(self) -> HostPane:
        """The pane that the keys are for."""
        focused = self.focused
        if isinstance(focused, EstateTable) and isinstance(focused.parent, HostPane):
            return focused.parent
        return self.pane(self._filter.side)

    @property
    def marks(self) -> dict[str, Route]:
        """Names of marked items to their routes."""
        return self._book.by_name(self.source.items)

    def unmark_names(self, names: Iterable[str]) -> None:
        """Take away marks that have been dealt with."""
        self._book.forget_names(names, self.source.items)
        self._show_marks()

    def show_busy(self, text: str) -> None:
        """Say in the bar of sums what is being waited for; nothing when it is over."""
        self._busy = text
        self._show_sums()

    # What the watchers report.

    @on(Connecting)
    def _on_connecting(self, message: Connecting) -> None:
        self.pane(message.side).show_connecting()

    @on(Connected)
    def _on_connected(self, message: Connected) -> None:
        self.pane(message.side).show_connected(message.info)
        self._show_banner()

    @on(EstateTaken)
    def _on_estate(self, message: EstateTaken) -> None:
        pane = self.pane(message.side)
        if message.side is Side.SOURCE:
            before = {i.id: i.name for i in pane.items}
            gone = self._book.keep_only(message.estate.items)
            if names := [before[i] for i in gone if i in before]:
                self.say(f"No longer on {pane.label}, so not marked: {', '.join(sorted(names))}")
        pane.show_estate(message.estate, self._marks_of(pane))
        self._show_sums()

    @on(UsageTaken)
    def _on_usage(self, message: UsageTaken) -> None:
        self.pane(message.side).show_usage(message.usage)
        self._show_sums()

    @on(HostLost)
    def _on_lost(self, message: HostLost) -> None:
        self.pane(message.side).show_error(message.error)

    # What the operator asks for with the mouse or the filter.

    @on(EstateTable.MarkClicked)
    def _on_mark_clicked(self) -> None:
        if self.active is self.source:
            self.action_mark_advised()

    @on(EstateTable.FoldClicked)
    def _on_fold_clicked(self, message: EstateTable.FoldClicked) -> None:
        self.active.fold(message.row, unfolded=message.row.level is Level.FOLDED)

    @on(EstateTable.OpenClicked)
    def _on_open_clicked(self) -> None:
        self.action_details()

    @on(TableHeader.SortClicked)
    def _on_sort_clicked(self, message: TableHeader.SortClicked) -> None:
        for pane in self.query(HostPane):
            if message.header in pane.children:
                pane.sort_by(message.key)

    @on(EstateTable.RangeChanged)
    def _on_range_changed(self) -> None:
        self._show_sums()

    @on(FilterLine.Typed)
    def _on_filter_typed(self, message: FilterLine.Typed) -> None:
        pane = self.pane(message.side)
        pane.look(replace(pane.view, needle=message.text.strip()))

    @on(FilterLine.Left)
    def _on_filter_left(self, message: FilterLine.Left) -> None:
        self.query_one("#sums").display = True
        self.pane(message.side).table.focus()

    # Marks.

    def action_mark_advised(self) -> None:
        if self._may_mark():
            self._book.toggle(self._chosen_items(), self.source.info)
            self._marked()

    def action_mark(self, route: str) -> None:
        if self._may_mark():
            self._book.set(self._chosen_items(), Route(route))
            self._marked()

    def action_unmark(self) -> None:
        if self._may_mark():
            self._book.unset(self._chosen_items())
            self._marked()

    def action_mark_all(self) -> None:
        if self._may_mark():
            self._book.advise(self.source.shown_items, self.source.info)
            self._marked()

    def action_unmark_all(self) -> None:
        if self._may_mark():
            self._book.unset(self.source.shown_items)
            self._marked()

    def action_mark_up_to(self) -> None:
        if self._may_mark():
            self.source.table.begin_range(self._book.last)
            self._book.advise(self._chosen_items(), self.source.info)
            self._marked()

    def action_range(self) -> None:
        if self._may_mark():
            self.source.table.toggle_range()

    def _may_mark(self) -> bool:
        if self.active is self.source:
            return True
        self.say("Marks are set on the source's items: tab goes there.")
        return False

    def _chosen_items(self) -> list[Item]:
        ids = dict.fromkeys(row.item_id for row in self.source.table.chosen_rows)
        return [item for i in ids if (item := self.source.item(i)) is not None]

    def _marked(self) -> None:
        self.source.table.end_range()
        self._show_marks()

    # Looking.

    def action_other_pane(self) -> None:
        panes = list(self.query(HostPane))
        panes[(panes.index(self.active) + 1) % len(panes)].table.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A slash in a filter is a slash."""
        return action != "filter" or not self._filter.display

    def action_filter(self) -> None:
        pane = self.active
        self.query_one("#sums").display = False
        self._filter.open(pane.side, pane.view.needle)

    def action_sort(self) -> None:
        pane = self.active
        pane.look(replace(pane.view, sort=pane.view.sort.following, reverse=False))

    def action_reverse(self) -> None:
        pane = self.active
        pane.look(replace(pane.view, reverse=not pane.view.reverse))

    def action_fold(self, unfolded: bool) -> None:
        if (row := self.active.table.cursor_row) is not None:
            self.active.fold(row, unfolded=unfolded)

    def action_fold_all(self) -> None:
        self.active.fold_all()

    def action_open(self) -> None:
        row = self.active.table.cursor_row
        if row is not None and row.level in (Level.FOLDED, Level.UNFOLDED):
            self.active.fold(row, unfolded=row.level is Level.FOLDED)
        else:
            self.action_details()

    def action_back_out(self) -> None:
        pane = self.active
        if pane.table.range_open:
            pane.table.end_range()
        elif pane.view.needle:
            pane.look(replace(pane.view, needle=""))

    def action_refresh(self) -> None:
        """Retry the hosts that are lost; if none is, look at the active one again."""
        lost = [p.side for p in self.query(HostPane) if p.error is not None]
        for side in lost or [self.active.side]:
            self._watchers[side].refresh()

    def action_details(self) -> None:
        from tui.screens.details.screen import DetailsScreen

        pane = self.active
        row: Row | None = pane.table.cursor_row
        if row is not None and (item := pane.item(row.item_id)) is not None:
            self.app.push_screen(DetailsScreen(self._engines[pane.side], item, row.id))

    def action_help(self) -> None:
        from tui.screens.help.screen import HelpScreen

        self.app.push_screen(HelpScreen(self))

    def action_go(self) -> None:
        if not self.marks:
            self.say("Nothing is marked yet: space marks the item under the cursor.")
        elif Side.TARGET not in self._engines:
            self.say("There is no target: start podferry with a source and a target.")
        else:
            self.post_message(GoAsked(self.marks))

    def say(self, text: str) -> None:
        """Tell the operator something in passing."""
        self.notify(text, markup=False, timeout=4)

    def _marks_of(self, pane: HostPane) -> dict[str, Route]:
        return dict(self._book.by_id) if pane.side is Side.SOURCE else {}

    def _show_marks(self) -> None:
        self.source.show_marks(self._book.by_id)
        self._show_sums()

    def _show_sums(self) -> None:
        sums = tally(self.source.items, self._book.by_id, self.source.usage)
        parts = sums_parts(sums, self._busy, range_open=self.source.table.range_open)
        self.query_one("#sums", Bar).show(*parts)

    def _show_banner(self) -> None:
        infos = [pane.info for pane in self.query(HostPane) if pane.info is not None]
        parts = banner_parts(infos, demo=self._demo)
        banner = self.query_one("#banner", Bar)
        banner.show(*parts)
        banner.display = bool(parts)
