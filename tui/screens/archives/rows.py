"""The kept archives in lines."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from core.archive.library import Kept, Whole
from tui.keymap import shown
from tui.widgets.rows import Row, Span, Tone, cell, wrapped
from tui.widgets.units import format_bytes, format_seconds

_WORDS = {
    Whole.YES: ("whole", Tone.GOOD),
    Whole.CHANGED: ("CHANGED", Tone.BAD),
    Whole.UNKNOWN: ("no digest", Tone.MUTED),
}
_SIZE, _AGE, _STATE = 9, 7, 10
_EMPTY = (
    "No archives are kept here yet. {key} on the estate, or podferry checkpoint HOST NAME, keeps "
    "a container as a file; archives that are put into this folder are listed too."
)


def archive_rows(
    archives: Iterable[Kept],
    states: Mapping[Path, Whole],
    marked: Collection[Path],
    now_s: float,
    width: int,
) -> list[Row]:
    """A head, and a line for each archive; a file's name where nothing is noted of it."""
    rest = max(16, width - 2 - _SIZE - _AGE - _STATE - 3)
    host = min(24, rest // 3)
    name = rest - host - 1
    head = ("CONTAINER", "HOST", "SIZE", "AGE", "BYTES ARE")
    rows = [_row("  ", head, (name, host), Tone.MUTED)]
    for kept in archives:
        told = kept.sidecar
        state, tone = _WORDS[states[kept.path]] if kept.path in states else ("", Tone.PLAIN)
        if kept.trouble:
            state, tone = "unreadable", Tone.WARN
        cells = (
            kept.container or kept.path.name,
            told.host if told else "",
            format_bytes(kept.bytes),
            format_seconds(now_s - kept.made_s),
            state,
        )
        mark = "* " if kept.path in marked else "  "
        rows.append(_row(mark, cells, (name, host), tone, key=str(kept.path)))
    return (
        rows
        if len(rows) > 1
        else wrapped(_EMPTY.format(key=shown("estate.keep")), width, Tone.MUTED)
    )


def _row(
    mark: str,
    cells: tuple[str, str, str, str, str],
    widths: tuple[int, int],
    tone: Tone,
    key: str = "",
) -> Row:
    plain = Tone.PLAIN if key else tone
    spans = (
        Span(mark, Tone.ACCENT),
        cell(cells[0], widths[0], Tone.STRONG if key else tone),
        Span(" "),
        cell(cells[1], widths[1], plain),
        cell(cells[2], _SIZE, plain, right=True),
        cell(cells[3], _AGE, plain, right=True),
        Span("  "),
        cell(cells[4], _STATE, tone),
    )
    return Row(spans, key, key)
