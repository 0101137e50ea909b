"""Lines of a list as values: what stands where in which tone, and where two of them differ."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain

from rich.cells import cell_len, chop_cells

from tui.widgets.text import fit
from tui.widgets.words import escape


class Tone(StrEnum):
    """What a piece of text means, which the theme turns into a style."""

    PLAIN = "plain"
    STRONG = "strong"
    MUTED = "muted"
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    ACCENT = "accent"


@dataclass(frozen=True, slots=True)
class Span:
    """Text in one tone, without line breaks or control characters."""

    text: str
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class Row:
    """One line on the screen."""

    spans: tuple[Span, ...] = ()
    key: str = ""
    """Of the thing that the cursor stops at; empty: it passes over. Equal in all rows of it."""
    copy: str = ""
    """What copying the row gives; empty: what is seen."""

    @property
    def text(self) -> str:
        """What is seen."""
        return "".join(s.text for s in self.spans)


def cell(text: str, width: int, tone: Tone = Tone.PLAIN, *, right: bool = False) -> Span:
    """A column of exactly that width, safe whatever the text is."""
    return Span(fit(escape(text), width, right=right), tone)


def piece(text: str, tone: Tone = Tone.PLAIN) -> Span:
    """Text as wide as it is, safe whatever it is."""
    return Span(escape(text), tone)


def spread(left: Sequence[Span], right: Sequence[Span], width: int) -> tuple[Span, ...]:
    """Spans at both ends of a line; the left ones are cut when both do not fit."""
    taken = sum(cell_len(s.text) for s in right)
    room = max(0, width - taken - (1 if right else 0))
    kept: list[Span] = []
    for span in left:
        length = min(room, cell_len(span.text))
        kept.append(Span(fit(span.text, length), span.tone))
        room -= length
    return (*kept, Span(" " * (room + (1 if right else 0))), *right)


def wrap(text: str, width: int) -> list[str]:
    """The escaped text in lines of at most that many cells, broken at spaces where it has any."""
    lines: list[str] = []
    line: str | None = None
    for word in escape(text).split(" "):
        longer = word if line is None else f"{line} {word}"
        if cell_len(longer) <= width:
            line = longer
            continue
        if line is not None:
            lines.append(line)
        *full, line = chop_cells(word, max(1, width)) or [""]
        lines += full
    return [*lines, line or ""]


def wrapped(
    text: str, width: int, tone: Tone = Tone.PLAIN, *, lead: Sequence[Span] = (), key: str = ""
) -> list[Row]:
    """Rows of wrapped text, whose own lines stay apart.

    The first begins with `lead`, the others are indented by its width.
    """
    indent = sum(cell_len(s.text) for s in lead)
    lines = [line for own in text.split("\n") for line in wrap(own, max(8, width - indent))]
    heads: Iterable[Sequence[Span]] = chain([lead], [(Span(" " * indent),)] * (len(lines) - 1))
    return [
        Row((*head, Span(line, tone)), key, text) for head, line in zip(heads, lines, strict=True)
    ]


def bar(fraction: float, width: int) -> tuple[str, str]:
    """The filled and the empty part of a bar, in characters that read without colour."""
    filled = round(min(1.0, max(0.0, fraction)) * width)
    return "█" * filled, "░" * (width - filled)


def changed_cells(old: Row, new: Row) -> tuple[int, int] | None:
    """The first changed column and the one after the last; None: they look the same.

    A region of a row costs its bytes on the wire each time that it is painted.
    """
    if old.spans == new.spans:
        return None
    before, after = _characters(old), _characters(new)
    length = max(len(before), len(after))
    if _uneven(old.text) or _uneven(new.text):
        return 0, 2 * length
    pad = [(" ", Tone.PLAIN)]
    before += pad * (length - len(before))
    after += pad * (length - len(after))
    differ = [i for i, (a, b) in enumerate(zip(before, after, strict=True)) if a != b]
    return (differ[0], differ[-1] + 1) if differ else None


def _characters(row: Row) -> list[tuple[str, Tone]]:
    return [(c, s.tone) for s in row.spans for c in s.text]


def _uneven(text: str) -> bool:
    """Whether characters and cells differ in number."""
    return not text.isascii() and cell_len(text) != len(text)
