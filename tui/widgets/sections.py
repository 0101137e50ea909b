"""Titled lines, which several screens show one below the other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tui.widgets.rows import Row, Span, Tone, piece, wrapped


@dataclass(frozen=True, slots=True)
class Section:
    """A title and the lines below it; never markup."""

    title: str
    lines: tuple[str, ...]


def section_rows(sections: Iterable[Section], width: int) -> list[Row]:
    """All of them with a row between two; lines that are too long go on below their first word."""
    rows: list[Row] = []
    for section in sections:
        rows.append(Row((piece(section.title, Tone.ACCENT),)))
        for line in section.lines:
            rows += wrapped(line, width, lead=[Span("  ")])
        rows.append(Row())
    return rows[:-1]
