"""Looking at the panes of the estate screen: folding, sorting, filtering, going between them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from textual import on
from textual.screen import Screen

from tui.screens.estate.filter_line import FilterLine
from tui.screens.estate.header import TableHeader
from tui.screens.estate.keys import key
from tui.screens.estate.messages import Side
from tui.screens.estate.pane import HostPane
from tui.screens.estate.rows import Level
from tui.screens.estate.table import EstateTable
from tui.widgets.text import clean


def no_target() -> str:
    """Why what takes two hosts cannot be done, and what to do."""
    return f"There is no target: {key('hosts')} chooses hosts."


class LookingScreen(Screen[None]):
    """A screen with a pane per host; it knows of no host but what its panes show."""

    def __init__(self) -> None:
        super().__init__()
        self._filter = FilterLine()
        self._waiting: list[Callable[[], object]] = []
        """What the operator has asked for while a host is shown, but not yet known."""

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

    def _once_known(self, act: Callable[[], object]) -> None:
        """Act now, or as soon as the hosts whose rows are shown are known: learning takes longer.

        Whatever asks more of them than their rows goes through here, in the order of the keys.
        """
        self._waiting.append(act)
        self._catch_up()

    def _catch_up(self) -> None:
        if not any(pane.learning for pane in self.query(HostPane)):
            waiting, self._waiting = self._waiting, []
            for act in waiting:
                act()

    # With the mouse or the filter.

    @on(EstateTable.FoldClicked)
    def _on_fold_clicked(self, message: EstateTable.FoldClicked) -> None:
        self.active.fold(message.row, unfolded=message.row.level is Level.FOLDED)

    @on(TableHeader.SortClicked)
    def _on_sort_clicked(self, message: TableHeader.SortClicked) -> None:
        for pane in self.query(HostPane):
            if message.header in pane.children:
                pane.sort_by(message.key)

    @on(FilterLine.Typed)
    def _on_filter_typed(self, message: FilterLine.Typed) -> None:
        pane = self.pane(message.side)
        pane.look(replace(pane.view, needle=message.text.strip()))

    @on(FilterLine.Left)
    def _on_filter_left(self, message: FilterLine.Left) -> None:
        self.query_one("#sums").display = True
        self.pane(message.side).table.focus()

    # With keys.

    def action_other_pane(self) -> None:
        panes = list(self.query(HostPane))
        if len(panes) == 1:
            self.say(no_target())
        panes[(panes.index(self.active) + 1) % len(panes)].table.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A slash in a filter is a slash; its key stays in sight."""
        return None if action == "filter" and self._filter.display else True

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

    def action_back_out(self) -> None:
        pane = self.active
        if pane.table.range_open:
            pane.table.end_range()
        elif pane.view.needle:
            pane.look(replace(pane.view, needle=""))

    def action_copy_name(self) -> None:
        if (row := self.active.table.cursor_row) is not None:
            self._copy(self.get_selected_text() or row.name)

    def action_copy_id(self) -> None:
        if (row := self.active.table.cursor_row) is not None:
            self._copy(row.id)

    def _copy(self, text: str) -> None:
        self.app.copy_to_clipboard(text)
        self.say(f"copied: {clean(text)}")

    def say(self, text: str) -> None:
        """Tell the operator something in passing."""
        self.notify(text, markup=False, timeout=4)
