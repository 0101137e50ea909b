"""Asks once how items come back: live, or as they were when they left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from core.migrate.rollback import Offer, Way
from tui.keymap import named
from tui.widgets.dialog import RowsDialog
from tui.widgets.key_bar import KeyBar
from tui.widgets.row_view import RowView
from tui.widgets.rows import Row, Span, Tone, piece, wrapped

_WORDS = {Way.LIVE: "moves back live", Way.OLD_STATE: "goes back to its old state"}


class RollbackScreen(RowsDialog[Way | None]):
    """Dismissed with the way that the operator agreed to. Enter is no."""

    DEFAULT_CSS = """
    RollbackScreen {
        & > Vertical { width: 84; }
        & Static { padding: 0 1; text-style: bold; }
    }
    """
    columns = 84
    BINDINGS: ClassVar[list[BindingType]] = named(
        "settle",
        [
            Binding("y", "answer(True)", "Yes", id="yes"),
            Binding("o", "other", "Live / old state"),
            Binding("n,escape,enter", "answer(False)", "No", id="no", key_display="n"),
        ],
    )

    def __init__(self, host: str, live: Sequence[Offer], old_state: Sequence[Offer]) -> None:
        super().__init__()
        self._host = host
        self._offers = {Way.LIVE: live, Way.OLD_STATE: old_state}
        self._way = Way.LIVE

    def compose(self) -> ComposeResult:
        view = RowView(lambda width: offer_rows(self._offers[self._way], width))
        view.can_focus = True
        with Vertical():
            yield view
            yield Static(f"Roll back to {self._host}?", markup=False)
            yield KeyBar(self.BINDINGS)

    def needed(self, width: int) -> int:
        return max(len(offer_rows(offers, width)) for offers in self._offers.values())

    def action_other(self) -> None:
        self._way = Way.OLD_STATE if self._way is Way.LIVE else Way.LIVE
        self.query_one(RowView).update()

    def action_answer(self, agreed: bool) -> None:
        self.dismiss(self._way if agreed else None)


def offer_rows(offers: Sequence[Offer], width: int) -> list[Row]:
    """Each item with its way, and why not, or what it loses."""
    rows: list[Row] = []
    for offer in offers:
        way = _WORDS[offer.way] if offer.way else "stays where it is"
        tone = Tone.GOOD if offer.way is Way.LIVE else Tone.WARN
        name = piece(f"{offer.name} ", Tone.STRONG)
        rows.append(Row((name, Span(way, tone)), offer.name))
        if told := offer.reason or offer.loss:
            rows += wrapped(told, width, Tone.WARN, lead=[Span("  ")], key=offer.name)
    return rows
