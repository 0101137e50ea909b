"""Marking items of the estate screen's source, and what the marks come to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from textual import on

from core.podman.model import Item, Route
from tui.lookout import Lookout
from tui.screens.estate.keys import key
from tui.screens.estate.lines import sums_parts
from tui.screens.estate.looking import LookingScreen
from tui.screens.estate.mark_book import MarkBook
from tui.screens.estate.marks import tally
from tui.screens.estate.messages import Side
from tui.screens.estate.pane import HostPane
from tui.screens.estate.standing import Standing, standings
from tui.screens.estate.table import EstateTable
from tui.widgets.bar import Bar

if TYPE_CHECKING:
    from core.checks.verdicts import Report


class MarkingScreen(LookingScreen):
    """A screen that owns the marks; its panes own what is known of their hosts."""

    def __init__(self, lookout: Lookout) -> None:
        super().__init__()
        self.lookout = lookout
        self._book = MarkBook()
        self._standings: dict[str, Standing] = {}
        """By the IDs of the source's items."""
        self._moved: Mapping[str, str] = {}
        """IDs of items that wait to be accepted or rolled back, to their runs."""
        self._busy = ""

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

    # With the mouse.

    @on(EstateTable.MarkClicked)
    def _on_mark_clicked(self) -> None:
        if self.active is self.source:
            self.action_mark_advised()

    @on(EstateTable.RangeChanged)
    def _on_range_changed(self) -> None:
        self._show_sums()

    # With keys.

    def action_mark_advised(self) -> None:
        self._mark(self._chosen_items(), lambda items: self._book.toggle(items, self._advised))

    def action_mark(self, route: str) -> None:
        self._mark(self._chosen_items(), lambda items: self._book.set(items, Route(route)))

    def action_unmark(self) -> None:
        self._mark(self._chosen_items(), self._book.unset)

    def action_mark_all(self) -> None:
        self._mark(self.source.shown_items, lambda i: self._book.advise(i, self._advised))

    def action_unmark_all(self) -> None:
        self._mark(self.source.shown_items, self._book.unset)

    def action_mark_up_to(self) -> None:
        if self._may_mark():
            self.source.table.begin_range(self._book.last)
            self._mark(self._chosen_items(), lambda i: self._book.advise(i, self._advised))

    def action_range(self) -> None:
        if self._may_mark():
            self.source.table.toggle_range()

    def _may_mark(self) -> bool:
        if self.active is self.source:
            return True
        self.say(f"Marks are set on the source's items: {key('other-pane')} goes there.")
        return False

    def _chosen_items(self) -> list[Item]:
        ids = dict.fromkeys(row.item_id for row in self.source.table.chosen_rows)
        return [item for i in ids if (item := self.source.item(i)) is not None]

    def _mark(self, items: Sequence[Item], how: Callable[[Sequence[Item]], object]) -> None:
        if self._may_mark():
            self._once_known(lambda: self._marked(how(items)))

    def _marked(self, done: object) -> None:
        """Marks have been set or taken away."""
        self.source.table.end_range()
        self._show_marks()

    # What they come to.

    @property
    def _report(self) -> Report | None:
        return self.lookout.report(self.marks)

    def _advised(self, item: Item) -> Route:
        """By what the checks say; before they do, by what is known of the hosts."""
        from core.checks.verdicts import advised_route

        report = self._report
        if report is not None and item.name in report.items:
            return report.advised(item.name)
        infos = {pane.side: pane.info for pane in self.query(HostPane)}
        source = infos[Side.SOURCE]
        if source is None:
            return Route.KUBE
        return advised_route(item, source, infos.get(Side.TARGET) or source)

    def _show_marks(self) -> None:
        marks = self._book.by_id
        self._standings = standings(self.source.items, self._report, marks, self._moved)
        self.source.show_marks(marks, self._standings)
        self._show_sums()

    def _show_sums(self) -> None:
        sums = tally(self.source.items, self._book.by_id, self.source.usage)
        blocked = sum(self._standings.get(i) is Standing.BLOCKED for i in self._book.by_id)
        parts = sums_parts(sums, blocked, self._busy, range_open=self.source.table.range_open)
        self.query_one("#sums", Bar).show(*parts)
