"""One cause in full: what is so, for which items, how it was seen, and what settles it."""

from __future__ import annotations

from core.checks.model import Finding, Group
from tui.screens.fixes.rows import Hosts, fix_rows
from tui.widgets.rows import Row, Span, Tone, piece, wrapped
from tui.widgets.severity import MEANINGS, SIGNS, TONES
from tui.widgets.units import plural


def detail_rows(group: Group, hosts: Hosts, width: int) -> list[Row]:
    """All that is known of a group."""
    rows = [_meaning(group)]
    told = dict.fromkeys(f.what for f in group.findings)
    if len(told) == 1:
        rows += wrapped(group.first.what, width, key="what")
        rows += _items(group, width)
    else:
        rows += _told_apart(group.findings, width)
    rows += _evidence(group, width)
    if group.fix is not None:
        rows += [Row(), *fix_rows(group.fix, hosts, width)]
    return rows


def _meaning(group: Group) -> Row:
    severity = group.severity
    routes = {f.route for f in group.findings}
    only = next(iter(routes)) if len(routes) == 1 else None
    spans = [Span(f"{SIGNS[severity]} {MEANINGS[severity]}", TONES[severity])]
    if only is not None:
        spans.append(Span(f"  by {only}", Tone.MUTED))
    if group.first.host:
        spans.append(piece(f"  on {group.first.host}", Tone.MUTED))
    return Row(tuple(spans))


def _items(group: Group, width: int) -> list[Row]:
    if not group.items:
        return []
    lead = [Span(f"{plural(len(group.items), 'item')}: ", Tone.MUTED)]
    return wrapped(", ".join(group.items), width, lead=lead, key="items")


def _told_apart(findings: tuple[Finding, ...], width: int) -> list[Row]:
    """Each sentence with the item that it is about, where the sentences differ."""
    rows: list[Row] = []
    for at, finding in enumerate(findings):
        lead = [piece(f"{finding.item}: ", Tone.STRONG)] if finding.item else []
        rows += wrapped(finding.what, width, lead=lead, key=f"what{at}")
    return rows


def _evidence(group: Group, width: int) -> list[Row]:
    seen = dict.fromkeys(line for f in group.findings for line in f.evidence)
    if not seen:
        return []
    rows = [Row(), Row((Span("Seen:", Tone.MUTED),))]
    for at, line in enumerate(seen):
        rows += wrapped(line, width, lead=[Span("  │ ", Tone.MUTED)], key=f"seen{at}")
    return rows
