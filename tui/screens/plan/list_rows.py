"""The list of a plan's items: the blocked ones first, each with what stands against it."""

from __future__ import annotations

from dataclasses import dataclass

from core.plan.model import ItemPlan, Plan
from tui.screens.plan.totals import about
from tui.widgets.rows import Row, Span, Tone, cell, wrapped
from tui.widgets.units import format_bytes

_SIGN = 2
_KIND = 11
_ROUTE = 11
_BYTES = 9
_DOWN = 10
_STEPS = 7
_ROOMY = 70
"""Cells from which on the kind has a column."""

_LOSSES = 4
"""Lines of losses per item; the detail has them all."""

_READY, _BLOCKED, _LOST = "✓", "■", "!"
LEGEND = (
    (
        "Signs",
        ((_READY, "ready to go"), (_BLOCKED, "blocked, and why"), (_LOST, "is not carried over")),
    ),
)
"""For the help."""

Texts = tuple[str, str, str, str, str, str]

_HEADING: Texts = ("item", "kind", "route", "copied", "downtime", "steps")


def ordered(plan: Plan) -> tuple[ItemPlan, ...]:
    """The blocked items, then the ready ones in the order in which they begin."""
    return (*plan.blocked, *plan.ready)


def list_rows(plan: Plan, width: int) -> list[Row]:
    """A heading, and per item a line with its blocks or losses below."""
    columns = _Columns(width)
    rows = [columns.row(Span("  "), _HEADING, Tone.MUTED)]
    for at, item in enumerate(ordered(plan)):
        rows += _item(item, str(at), columns)
    return rows


@dataclass(frozen=True, slots=True)
class _Columns:
    width: int

    def row(self, sign: Span, texts: Texts, tone: Tone, key: str = "", copy: str = "") -> Row:
        """A line of the table."""
        name, kind, route, size, down, steps = texts
        roomy = self.width >= _ROOMY
        fixed = _SIGN + _ROUTE + _BYTES + _DOWN + _STEPS + (_KIND if roomy else 0)
        room = max(6, min(40, self.width - fixed))
        spans = [sign, cell(name, room - 1, tone if tone is Tone.MUTED else Tone.STRONG)]
        if roomy:
            spans += [Span(" "), cell(kind, _KIND - 1, tone)]
        spans += [
            Span(" "),
            cell(route, _ROUTE, tone),
            cell(size, _BYTES, tone, right=True),
            cell(down, _DOWN, tone, right=True),
            cell(steps, _STEPS, tone, right=True),
        ]
        return Row(tuple(spans), key, copy)


def _item(item: ItemPlan, key: str, columns: _Columns) -> list[Row]:
    if item.blocks:
        texts = (item.name, item.kind, item.route, "", "blocked", "")
        rows = [columns.row(Span(f"{_BLOCKED} ", Tone.WARN), texts, Tone.PLAIN, key, item.name)]
        for block in item.blocks:
            rows += wrapped(block, columns.width, Tone.WARN, lead=[Span("    ")], key=key)
        return rows
    texts = (
        item.name,
        item.kind,
        item.route,
        format_bytes(item.estimated_bytes),
        about(item.estimated_downtime_s),
        str(len(item.steps)),
    )
    losses = list(item.losses)
    if len(losses) > _LOSSES:
        rest = len(losses) - _LOSSES + 1
        losses[_LOSSES - 1 :] = [f"and {rest} more, listed in full below"]
    lead = Span(f"  {_LOST} ", Tone.WARN)
    return [
        columns.row(Span(f"{_READY} ", Tone.GOOD), texts, Tone.PLAIN, key, item.name),
        *(Row((lead, cell(loss, columns.width - 4, Tone.WARN)), key) for loss in losses),
    ]
