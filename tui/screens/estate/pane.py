"""One host's half of the estate screen: title, column titles, rows, and why there are none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from core.errors import HostUnfit, PodferryError
from core.podman.model import Estate, HostInfo, Item, Kind, Route, Usage
from tui.screens.estate.header import TableHeader
from tui.screens.estate.hosts import describe_host
from tui.screens.estate.keys import key
from tui.screens.estate.messages import Side
from tui.screens.estate.rows import Arrangement, Level, Row, View, arrange, make_rows
from tui.screens.estate.sorting import SortKey, steady
from tui.screens.estate.standing import Standing
from tui.screens.estate.table import EstateTable
from tui.widgets.bar import Bar, Part
from tui.widgets.text import clean
from tui.widgets.units import plural

NO_MARKS: Mapping[str, Route] = MappingProxyType({})
_DETAIL_LINES = 6


class HostPane(Vertical):
    """Holds what is known of a host and how the operator looks at it."""

    def __init__(self, side: Side, label: str) -> None:
        super().__init__(id=side)
        self.side = side
        self.label = label
        self.info: HostInfo | None = None
        self.estate: Estate | None = None
        self.usage: Mapping[str, Usage] = {}
        self.measured = False
        """Whether memory use was asked for; a host may have nothing that runs."""
        self.error: PodferryError | None = None
        self._connecting = False
        self.view = View()
        self._arrangement = Arrangement()
        self._items_by_id: dict[str, Item] = {}
        self._marks = NO_MARKS
        self._standings: Mapping[str, Standing] = {}

    def compose(self) -> ComposeResult:
        yield Bar(classes="title")
        yield TableHeader()
        yield Static(classes="notice", markup=False)
        yield EstateTable(markable=self.side is Side.SOURCE)

    def on_mount(self) -> None:
        self.show_connecting()

    @property
    def table(self) -> EstateTable:
        """The rows."""
        return self.query_one(EstateTable)

    @property
    def learning(self) -> bool:
        """Whether its rows are here, but not yet what the host is like."""
        return self.estate is not None and self.info is None and self.error is None

    @property
    def shown_items(self) -> tuple[Item, ...]:
        """The items that the filter lets through, in order."""
        return self._arrangement.items

    @property
    def items(self) -> tuple[Item, ...]:
        """All items; none before the first listing."""
        return self.estate.items if self.estate is not None else ()

    def item(self, item_id: str) -> Item | None:
        """The item of that ID."""
        return self._items_by_id.get(item_id)

    def show_connecting(self) -> None:
        """Say that the host is asked for; why it was lost stays in sight until it answers."""
        self._connecting = True
        if self.error is None:
            self._notice(f"Connecting to {clean(self.label)} ..." if self.estate is None else "")
        self._retitle()

    def show_connected(self, info: HostInfo) -> None:
        """The host answers."""
        self.info = info
        self.error = None
        self._connecting = False
        self._notice("Listing pods and containers ..." if self.estate is None else "")
        self._retitle()

    def show_error(self, error: PodferryError) -> None:
        """Say why the host cannot be used, above what was known of it."""
        self.error = error
        self._connecting = False
        lines = [error.what, *error.detail.splitlines()[:_DETAIL_LINES], error.now, error.todo]
        told = "\n".join(clean(line) for line in lines if line.strip())
        if self.estate is not None:
            told += "\nWhat follows is what was seen last."
        self._notice(Content.assemble((told, ""), "\n", (key("refresh"), "bold"), " tries again"))
        self.set_class(True, "-lost")
        self._retitle()

    def show_estate(self, estate: Estate) -> None:
        """Show a newer listing."""
        self.estate = estate
        self._items_by_id = {i.id: i for i in estate.items}
        self.error = None
        self.rearrange()

    def show_usage(self, usage: Mapping[str, Usage]) -> None:
        """Show newer numbers in rows that stay in their places."""
        first = not self.measured
        self.measured = True
        self.usage = steady(self.usage, usage)
        if first and self.view.sort is SortKey.MEMORY:
            self.rearrange()
        else:
            self._remake()

    def show_marks(self, marks: Mapping[str, Route], standings: Mapping[str, Standing]) -> None:
        """Show other marks and how the items stand, by their IDs."""
        self._marks, self._standings = marks, standings
        self._remake()

    def look(self, view: View) -> None:
        """Look at the estate in another way."""
        self.view = view
        header = self.query_one(TableHeader)
        header.sort, header.is_reverse = view.sort, view.reverse
        self.rearrange()

    def sort_by(self, key: SortKey) -> None:
        """Sort by that column, the other way round if it is that one already."""
        reverse = not self.view.reverse if key is self.view.sort else False
        self.look(replace(self.view, sort=key, reverse=reverse))

    def fold(self, row: Row, *, unfolded: bool) -> None:
        """Fold or unfold the pod of a row; the cursor goes to the pod's row."""
        if row.level is Level.SINGLE:
            return
        ids = self.view.unfolded
        ids = ids | {row.item_id} if unfolded else ids - {row.item_id}
        if ids != self.view.unfolded:
            self.look(replace(self.view, unfolded=ids))
        elif row.level is Level.CHILD:
            place = self.table.index_of(row.item_id)
            self.table.move_to(place if place is not None else 0)

    def fold_all(self) -> None:
        """Unfold all pods, or fold them if one is unfolded."""
        pods = frozenset(i.id for i in self.items if i.kind is Kind.POD)
        folds = frozenset() if self.view.unfolded & pods else pods
        self.look(replace(self.view, unfolded=folds))

    def rearrange(self) -> None:
        """Filter, sort and fold anew."""
        if self.estate is not None:
            self._arrangement = arrange(self.estate, self.view, self.usage)
            if self.error is None:
                self._notice(self._why_empty())
            self._remake()
            self._retitle()

    def _remake(self) -> None:
        self.table.set_rows(make_rows(self._arrangement, self.usage, self._marks, self._standings))

    def _why_empty(self) -> str:
        if not self.items:
            return "No pods and no containers here."
        if not self.shown_items:
            return f"No row matches {clean(self.view.needle)}: {key('back-out')} clears the filter."
        return ""

    def _notice(self, text: str | Content) -> None:
        notice = self.query_one(".notice", Static)
        notice.update(text)
        notice.display = bool(text)
        self.set_class(self.error is not None, "-lost")

    def _retitle(self) -> None:
        parts: list[Part] = [(f" {self.side} ", "dim"), (self.label, "bold")]
        if self.error is not None:
            parts.append((f"  {_trouble(self.error)}", "bold $text-error"))
            if self._connecting:
                parts.append((", trying again ...", ""))
        elif self.info is not None:
            parts.append((f"  {describe_host(self.info)}", ""))
        elif self.learning:
            parts.append(("  looking at the host ...", "dim"))
        self.query_one(Bar).show(*parts, right=self._count())

    def _count(self) -> tuple[Part, ...]:
        if self.estate is None:
            return ()
        total = plural(len(self.estate.items), "item")
        if not self.view.needle:
            return ((f"{total} ", ""),)
        shown = f"{len(self.shown_items):,} of {total} "
        sign = "~" if self._arrangement.fuzzy else "/"
        return ((f"{sign}{clean(self.view.needle)} ", "bold"), (shown, ""))


def _trouble(error: PodferryError) -> str:
    """A word for the title."""
    return "not usable" if isinstance(error, HostUnfit) else "unreachable"
