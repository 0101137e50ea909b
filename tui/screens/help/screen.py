"""All keys of the screen below, and what its signs mean."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from tui.keymap import named
from tui.widgets.key_bar import KeyBar
from tui.widgets.text import fit

_KEY_WIDTH = 16

Legend = Sequence[tuple[str, Sequence[tuple[str, str]]]]
"""Titles, and below each what a screen shows and what it means."""


class HelpScreen(ModalScreen[None]):
    """Covers the screen that it explains."""

    CSS_PATH = "help.tcss"
    BINDINGS: ClassVar[list[BindingType]] = named(
        "help",
        [
            Binding("escape,q,question_mark,enter", "dismiss", "Back", key_display="esc"),
        ],
    )

    def __init__(self, explained: Screen[Any], legend: Legend = ()) -> None:
        super().__init__()
        self._explained = explained
        self._legend = legend

    def compose(self) -> ComposeResult:
        with VerticalScroll():
            yield Static(self._text(), markup=False)
        yield KeyBar(self.BINDINGS)

    def _text(self) -> Content:
        legend = [line for title, rows in self._legend for line in _section(title, rows)]
        return Content("\n").join([*self._keys(), *legend])

    def _keys(self) -> list[Content]:
        """The keys by their groups; Textual's own, which have none, are left out."""
        groups: dict[str, dict[str, list[str]]] = {}
        actives = self._explained.active_bindings.values()
        for active in sorted(actives, key=lambda a: a.node is not self._explained):
            binding = active.binding
            if binding.group is None:
                continue
            meanings = groups.setdefault(binding.group.description, {})
            keys = meanings.setdefault(binding.tooltip or binding.description, [])
            shown = self.app.get_key_display(binding)
            if shown not in keys:
                keys.append(shown)
        return [
            line
            for title, meanings in groups.items()
            for line in _section(title, [(" ".join(k), m) for m, k in meanings.items()])
        ]


def _section(title: str, rows: Iterable[tuple[str, str]]) -> list[Content]:
    lines = [Content.styled(title, "bold underline")]
    for key, meaning in rows:
        lines.append(Content.assemble("  ", (fit(key, _KEY_WIDTH), "bold"), " ", meaning))
    return [*lines, Content("")]
