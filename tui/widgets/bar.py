"""One line of text with a left and a right part; the left one gives way."""

from __future__ import annotations

from rich.cells import cell_len
from textual.content import Content
from textual.widget import Widget

from tui.widgets.text import clean, fit

Part = tuple[str, str]
"""Text, never parsed as markup, and a style such as `bold $accent` (may be empty)."""


class Bar(Widget):
    """A line that is only sent to the terminal again when it says something else."""

    DEFAULT_CSS = """
    Bar {
        height: 1;
        width: 1fr;
        text-wrap: nowrap;
        text-overflow: clip;
    }
    """

    def __init__(self, *left: Part, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 Textual's name
        super().__init__(id=id, classes=classes)
        self._left: tuple[Part, ...] = left
        self._right: tuple[Part, ...] = ()

    @property
    def text(self) -> str:
        """All that it says, whatever fits."""
        return "".join(text for text, _ in (*self._left, *self._right))

    def show(self, *left: Part, right: tuple[Part, ...] = ()) -> None:
        """Say something else."""
        if (left, right) != (self._left, self._right):
            self._left, self._right = left, right
            self.refresh()

    def render(self) -> Content:
        width = self.content_size.width
        right = [(clean(text), style) for text, style in self._right]
        right_width = sum(cell_len(text) for text, _ in right)
        if right_width > width:
            right, right_width = [], 0
        left = _shorten(self._left, width - right_width - bool(right))
        used = sum(cell_len(text) for text, _ in left)
        gap = " " * (width - used - right_width)
        return Content.assemble(*left, gap, *right)


def _shorten(parts: tuple[Part, ...], width: int) -> list[Part]:
    """As much of the parts as fits, with an ellipsis where they are cut."""
    shown: list[Part] = []
    for text, style in parts:
        text = clean(text)  # noqa: PLW2901
        needed = cell_len(text)
        if needed > width:
            if width > 0:
                shown.append((fit(text, width), style))
            break
        shown.append((text, style))
        width -= needed
    return shown
