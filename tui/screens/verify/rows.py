"""The matrix in rows, and one item's evidence side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from types import MappingProxyType

from core.evidence.model import Aspect, Compared, Verdict
from tui.screens.verify.lines import Line
from tui.widgets.rows import Row, Span, Tone, cell, piece, wrap, wrapped

SIGNS: Mapping[Verdict, tuple[str, Tone]] = MappingProxyType(
    {
        Verdict.NONE: ("·", Tone.MUTED),
        Verdict.SAME: ("✓", Tone.GOOD),
        Verdict.EXPECTED: ("~", Tone.PLAIN),
        Verdict.DIFFERENT: ("!", Tone.BAD),
    }
)
_MEANINGS: Mapping[Verdict, str] = MappingProxyType(
    {
        Verdict.SAME: "same",
        Verdict.EXPECTED: "as a move makes it",
        Verdict.DIFFERENT: "different",
        Verdict.NONE: "none seen",
    }
)
LEGEND = (("Signs", tuple((SIGNS[v][0], meaning) for v, meaning in _MEANINGS.items())),)
"""For the help."""
LEGEND_LINE = "   ".join(f"{SIGNS[v][0]} {meaning}" for v, meaning in _MEANINGS.items())
_SHORT: Mapping[Aspect, str] = MappingProxyType(
    {
        Aspect.STATE: "sta",
        Aspect.IMAGE: "img",
        Aspect.PROCESSES: "prc",
        Aspect.SOCKETS: "soc",
        Aspect.FILES: "fil",
        Aspect.VOLUMES: "vol",
        Aspect.PROBES: "prb",
        Aspect.RESTARTS: "rst",
        Aspect.HEALTH: "hea",
        Aspect.ENV: "env",
        Aspect.MOUNTS: "mnt",
        Aspect.LIMITS: "lim",
        Aspect.NETWORKS: "net",
        Aspect.MEMORY: "mem",
    }
)
_LONG: Mapping[Aspect, str] = MappingProxyType(
    {
        **{aspect: aspect.value for aspect in Aspect},
        Aspect.PROCESSES: "procs",
        Aspect.SOCKETS: "sock",
        Aspect.VOLUMES: "vols",
        Aspect.RESTARTS: "restart",
        Aspect.NETWORKS: "nets",
    }
)
_WORD = 13
"""Cells for how an item stands."""
_LEAST_NAME = 11
_CURSOR, _SCROLLBAR = 2, 1
"""Cells beside the rows of the matrix that those of its head do not have."""


def heads(width: int) -> Mapping[Aspect, str]:
    """Names of the columns: long ones where they fit; memory, never a reason, goes first."""
    if width >= _taken(_LONG) + _WORD + _LEAST_NAME:
        return _LONG
    if width >= _taken(_SHORT) + _WORD + _LEAST_NAME:
        return _SHORT
    return {aspect: word for aspect, word in _SHORT.items() if aspect is not Aspect.MEMORY}


def _taken(columns: Mapping[Aspect, str]) -> int:
    return sum(len(word) + 1 for word in columns.values()) + 1


def name_width(width: int) -> int:
    """Cells for the names: what the columns leave, within reason."""
    return max(_LEAST_NAME, min(40, width - _taken(heads(width)) - _WORD))


def head_row(width: int) -> Row:
    """What stands over the matrix, whose rows leave room for a cursor."""
    inner = width - _CURSOR - _SCROLLBAR
    words = f"{' ' * _CURSOR}{'item'.ljust(name_width(inner))} {' '.join(heads(inner).values())}"
    return Row((Span(words, Tone.MUTED),))


def matrix_rows(lines: Iterable[Line], width: int) -> list[Row]:
    """A row per item."""
    columns, wide = heads(width), name_width(width)
    rows: list[Row] = []
    for line in lines:
        told = {c.aspect: c.verdict for c in line.compared}
        spans = [cell(line.name, wide, Tone.STRONG), Span(" ")]
        for aspect, head in columns.items():
            sign, tone = SIGNS[told.get(aspect, Verdict.NONE)]
            spans.append(Span(sign.ljust(len(head) + 1), tone))
        tone = Tone.BAD if line.differs or line.trouble else Tone.MUTED
        rows.append(Row((*spans, piece(line.word, tone)), line.name))
    return rows


def side_rows(line: Line, source: str, target: str, width: int) -> list[Row]:
    """Each kind of evidence, what was and what is, and what differs marked."""
    label = 12
    half = max(12, (width - label - 5) // 2)
    rows = [
        Row(
            (
                Span(" " * (label + 2)),
                cell(f"was on {source}", half, Tone.STRONG),
                Span(" │ ", Tone.MUTED),
                cell(f"is on {target}", half, Tone.STRONG),
            )
        )
    ]
    if line.trouble:
        rows += wrapped(line.trouble, width, Tone.BAD, lead=[Span("! ", Tone.BAD)], key="trouble")
    for compared in line.compared:
        rows += _aspect_rows(compared, label, half, width)
    if not line.compared:
        rows += wrapped("No evidence was kept of it.", width, Tone.MUTED, key="none")
    return rows


def _aspect_rows(compared: Compared, label: int, half: int, width: int) -> list[Row]:
    sign, tone = SIGNS[compared.verdict]
    key, lines = compared.aspect.value, list(_both(compared, half))
    strong = tone if compared.verdict is Verdict.DIFFERENT else Tone.PLAIN
    rows = []
    for at, (was, now) in enumerate(lines):
        head = (Span(f"{sign} ", tone), cell(key, label, tone)) if at == 0 else None
        # Of a pod's containers, those that are as they were do not stand out.
        own = strong if was != now or len(lines) == 1 else Tone.PLAIN
        rows.append(
            Row(
                (
                    *(head or (Span(" " * (label + 2)),)),
                    Span(was.ljust(half), Tone.PLAIN),
                    Span(" │ ", Tone.MUTED),
                    Span(now.ljust(half), own),
                ),
                key,
            )
        )
    for detail in compared.detail:
        lead = [Span(" " * (label + 2)), Span("→ ", tone)]
        rows += wrapped(detail, width, strong, lead=lead, key=key)
    return rows


def _both(compared: Compared, half: int) -> Iterable[tuple[str, str]]:
    was = [part for own in compared.before.split("\n") for part in wrap(own, half)]
    now = [part for own in compared.after.split("\n") for part in wrap(own, half)]
    return zip_longest(was, now, fillvalue="")


def log_rows(lines: Sequence[str], width: int) -> list[Row]:
    """The tail of a log, newest last."""
    return [Row((cell(line, width),)) for line in lines] or [Row((Span("nothing", Tone.MUTED),))]
