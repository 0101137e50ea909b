"""What a run came to: what to do next, its items, and what was not carried over."""

from __future__ import annotations

from collections.abc import Sequence

from core.migrate.events import ItemResult, Outcome
from tui.screens.run.looks import TONES
from tui.screens.run.state import RunState
from tui.screens.run.words import SIGNS, WORDS
from tui.widgets.rows import Row, Span, Tone, cell, piece, wrapped
from tui.widgets.units import format_bytes, plural
from tui.widgets.words import duration

_ROUTE = 12
_OUTCOME = 14
_DOWN = 10
_BYTES = 10
_WIDE = 100
"""Cells from which on the reason has a column of its own."""


REPORT = "report"
"""Key of the rows that say where the report lies."""


def summary_rows(state: RunState, width: int, broke: str = "", report: str = "") -> list[Row]:
    """What to do next, the table, the losses.

    `broke` is why the run broke off, `report` the path of its report.
    """
    results = state.results
    return [
        *_broken(state, broke, width),
        *_report(report, width),
        *_next(state, width),
        *_table(results, width),
        *_unsettled(state, width),
        *_losses(results, width),
    ]


def _broken(state: RunState, broke: str, width: int) -> list[Row]:
    if not broke:
        return []
    rows: list[Row] = []
    for at, line in enumerate(broke.splitlines()):
        lead = [Span("✗ The run broke off: " if at == 0 else "  ", Tone.BAD)]
        rows += wrapped(line, width, Tone.BAD, lead=lead, key="broke")
    what = f"The journal of run {state.run_id} holds all that was done."
    return [*rows, *wrapped(what, width, lead=[Span("  ")], key="journal"), Row()]


def _report(path: str, width: int) -> list[Row]:
    """The whole path, whatever the width: it is to be read, and copied."""
    if not path:
        return []
    what = wrapped("Report, with a .md beside it:", width, Tone.STRONG, key="report head")
    return [*what, *wrapped(path, width, Tone.ACCENT, lead=[Span("  ")], key=REPORT), Row()]


def _table(results: Sequence[ItemResult], width: int) -> list[Row]:
    fixed = _ROUTE + _OUTCOME + _DOWN + _BYTES
    name = max(8, min(32, width - fixed)) if width < _WIDE else 28
    heads = [
        cell("item", name, Tone.MUTED),
        cell("route", _ROUTE, Tone.MUTED),
        cell("outcome", _OUTCOME, Tone.MUTED),
        cell("downtime", _DOWN, Tone.MUTED, right=True),
        cell("bytes", _BYTES, Tone.MUTED, right=True),
    ]
    reason = width - name - fixed - 2
    if width >= _WIDE:
        heads += [Span("  "), cell("reason", reason, Tone.MUTED)]
    rows = [Row(tuple(heads))]
    for at, result in enumerate(results):
        rows += _result(result, f"item {at}", name, reason, width)
    return rows


def _result(result: ItemResult, key: str, name: int, reason: int, width: int) -> list[Row]:
    look = f"{SIGNS[result.outcome]} {WORDS[result.outcome]}"
    down = "never" if result.downtime_s is None else duration(result.downtime_s)
    spans = (
        cell(result.name, name - 1, Tone.STRONG),
        Span(" "),
        cell(result.route, _ROUTE),
        cell(look, _OUTCOME, TONES[result.outcome]),
        cell(down, _DOWN, right=True),
        cell(format_bytes(result.bytes), _BYTES, right=True),
    )
    copy = f"{result.name}: {look}, down {down}. {result.reason}".rstrip()
    if not result.reason:
        return [Row(spans, key, copy)]
    if width < _WIDE:
        below = wrapped(result.reason, width, Tone.WARN, lead=[Span("  ")], key=key)
        return [Row(spans, key, copy), *below]
    first, *more = wrapped(result.reason, reason, Tone.WARN)
    indent = Span(" " * (width - reason))
    return [
        Row((*spans, Span("  "), *first.spans), key, copy),
        *(Row((indent, *row.spans), key) for row in more),
    ]


def _unsettled(state: RunState, width: int) -> list[Row]:
    """Items without an end: the run broke off under them."""
    text = "not settled: the run broke off; look on both hosts before anything else."
    rows: list[Row] = []
    for item in state.items:
        if item.result is None and item.active:
            lead = [Span("✗ ", Tone.BAD), piece(f"{item.name} ", Tone.STRONG)]
            rows += wrapped(text, width, Tone.BAD, lead=lead, key=f"open {item.name}")
    return rows


def _losses(results: Sequence[ItemResult], width: int) -> list[Row]:
    lost = [(r.name, loss) for r in results if r.outcome is Outcome.MOVED for loss in r.losses]
    if not lost:
        return []
    rows = [Row(), Row((Span(f"Not carried over: {plural(len(lost), 'thing')}", Tone.STRONG),))]
    for at, (name, loss) in enumerate(lost):
        lead = [Span("! ", Tone.WARN), piece(f"{name}: ")]
        rows += wrapped(loss, width, lead=lead, key=f"loss {at}")
    return rows


def _next(state: RunState, width: int) -> list[Row]:
    outcomes = state.outcomes
    rows: list[Row] = []
    if failed := outcomes[Outcome.FAILED]:
        text = f"{plural(failed, 'item')} failed: the reason says what is true now."
        rows += wrapped(text, width, Tone.BAD, lead=[Span("✗ ", Tone.BAD)], key="failed")
    if not outcomes[Outcome.MOVED]:
        text = f"Nothing moved to {state.target}."
        return [*rows, *wrapped(text, width, Tone.STRONG, key="next"), Row()]
    if state.way_back:
        text = f"Back on {state.target}; what they left on {state.source} is taken away."
        return [*rows, *wrapped(text, width, Tone.STRONG, key="next"), Row()]
    rows += wrapped(
        f"Source copies stay on {state.source}, stopped, until you decide:",
        width,
        Tone.STRONG,
        key="next",
    )
    for command, what in (
        (f"podferry accept {state.run_id}", "gives them up"),
        (f"podferry rollback {state.run_id}", "brings them back"),
    ):
        spans = (Span("  "), piece(command, Tone.ACCENT), Span(f"  {what}", Tone.MUTED))
        rows.append(Row(spans, command, command))
    return [*rows, Row()]
