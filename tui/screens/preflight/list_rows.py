"""The list of causes, and the lines on top of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from core.checks.model import Group, Severity
from tui.screens.fixes.rows import Hosts
from tui.screens.preflight.scope import key_of
from tui.widgets.rows import Row, Span, Tone, cell, piece, spread
from tui.widgets.severity import SIGNS, TONES
from tui.widgets.units import plural

_HOST = 14
_ITEMS = 11
_FIX = 5
_ROOMY = 90
"""Cells from which on the host has a column: the cause names it as well."""
_COUNTED = {
    Severity.BLOCKED: "in the way",
    Severity.FLAGS: "with a flag",
    Severity.LOSS: "not carried over",
    Severity.NOTE: "to know",
}


def headline_rows(
    groups: Sequence[Group] | None, hosts: Hosts, scope: str, looking: str, width: int
) -> list[Row]:
    """Hosts and scope; how much of what, or what is being waited for. None: not known yet."""
    title = [piece("Preflight   ", Tone.STRONG), piece(" → ".join(hosts.values()))]
    first = Row(spread(title, [piece(scope)], width))
    if looking:
        return [first, Row(spread([piece(looking, Tone.ACCENT)], [], width))]
    return [first, Row(spread(_counts(groups or ()), [], width))]


def _counts(groups: Iterable[Group]) -> list[Span]:
    severities = [g.severity for g in groups]
    spans: list[Span] = []
    for severity in Severity:
        if count := severities.count(severity):
            text = f"{SIGNS[severity]} {count} {_COUNTED[severity]}   "
            spans.append(Span(text, TONES[severity]))
    return spans or [Span("✓ nothing stands in the way", Tone.GOOD)]


def list_rows(groups: Iterable[Group], width: int) -> list[Row]:
    """A line per cause."""
    return [_row(group, width) for group in groups]


def _row(group: Group, width: int) -> Row:
    first = group.first
    roomy = width >= _ROOMY
    fixed = 2 + _ITEMS + _FIX + (_HOST if roomy else 0)
    severity = group.severity
    heading = first.cause or first.what
    tone = Tone.PLAIN if severity is Severity.NOTE else Tone.STRONG
    spans = [
        Span(f"{SIGNS[severity]} ", TONES[severity]),
        cell(heading, max(6, width - fixed), tone),
    ]
    if roomy:
        spans += [Span(" "), cell(first.host, _HOST - 1, Tone.MUTED)]
    count = len(group.items)
    spans += [
        Span(" "),
        cell(plural(count, "item") if count else "host", _ITEMS - 1, right=True),
        cell("  fix" if group.fix else "", _FIX, Tone.ACCENT),
    ]
    return Row(tuple(spans), key_of(group), heading)
