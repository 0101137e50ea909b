"""The frame of every dialog: in the middle of the screen, and no wider than it."""

from __future__ import annotations

from typing import TypeVar

from textual.screen import ModalScreen

from tui.widgets.row_view import RowView

Answer = TypeVar("Answer")
_BORDER_COLUMNS = 4
"""Columns of the border and of what a row view keeps free beside its rows."""


class Dialog(ModalScreen[Answer]):
    """Its content stands in a Vertical, whose width each kind sets."""

    DEFAULT_CSS = """
    Dialog {
        align: center middle;
        & > Vertical {
            width: 60;
            max-width: 100%;
            height: auto;
            background: $panel;
            border: round $warning;
        }
    }
    """


class RowsDialog(Dialog[Answer]):
    """A dialog about rows: as high as they are, as far as the screen goes."""

    columns = 96
    """Its width, where the screen has so much."""
    other_rows = 4
    """Rows of the border and of what else stands in it."""

    def on_mount(self) -> None:
        self.fit()

    def on_resize(self) -> None:
        self.fit()

    def needed(self, width: int) -> int:
        """How many rows there are at that many cells of width."""
        raise NotImplementedError

    def fit(self) -> None:
        """Make the view as high as it may be."""
        view = self.query_one(RowView)
        inner = min(self.columns, self.size.width) - _BORDER_COLUMNS
        most = self.size.height - self.other_rows
        view.styles.height = max(1, min(self.needed(max(8, inner - 1)), most))
