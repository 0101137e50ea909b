"""Text from outside, made fit for a terminal cell by cell: never parsed, never wider than asked."""

from __future__ import annotations

from enum import Enum, auto
from functools import lru_cache

from rich.cells import cell_len, set_cell_size

ELLIPSIS = "…"

NOT_SHOWN = "�"
"""Stands for a character that would move the cursor or change the terminal."""


class Cut(Enum):
    """Where text that is too long loses characters."""

    END = auto()
    MIDDLE = auto()
    START = auto()


def clean(text: str) -> str:
    """The text without control characters, line breaks and direction marks."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_clean_character(c) for c in text)


def _clean_character(character: str) -> str:
    if character in "\t\n\r":
        return " "
    # Not printable are controls, direction marks, lone surrogates and the private area.
    return character if character.isprintable() else NOT_SHOWN


@lru_cache(maxsize=8192)
def fit(text: str, width: int, cut: Cut = Cut.END, *, right: bool = False) -> str:
    """The text in exactly `width` cells: shortened with an ellipsis, or padded."""
    if width <= 0:
        return ""
    text = clean(text)
    length = len(text) if text.isascii() else cell_len(text)
    if length <= width:
        space = " " * (width - length)
        return space + text if right else text + space
    if width == 1:
        return ELLIPSIS
    return _shorten(text, width, cut)


def _shorten(text: str, width: int, cut: Cut) -> str:
    room = width - 1
    if cut is Cut.END:
        return set_cell_size(set_cell_size(text, room).rstrip() + ELLIPSIS, width)
    if cut is Cut.START:
        return set_cell_size(ELLIPSIS + _last_cells(text, room), width)
    tail = room // 2
    head = set_cell_size(text, room - tail)
    return set_cell_size(head + ELLIPSIS + _last_cells(text, tail), width)


def _last_cells(text: str, width: int) -> str:
    """As many of the last characters as fit."""
    return set_cell_size(text[::-1], width).rstrip()[::-1] if width > 0 else ""


def one_line(text: str, limit: int = 400) -> str:
    """The first line that says something, cleaned and bounded."""
    for line in text.splitlines():
        if line.strip():
            return clean(line.strip()[:limit])
    return ""
