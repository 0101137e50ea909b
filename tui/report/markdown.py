"""The report as Markdown: for a ticket, a wiki, or a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from core.report.model import ItemTold, Report
from tui.report import words
from tui.widgets.units import format_bytes
from tui.widgets.words import clock_time, duration, escape, quote, rate

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|~$>&<-])")


def markdown(report: Report) -> str:
    """All of it; text from outside is never read as Markdown or HTML."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield f"# {_text(words.headline(report))}"
    yield ""
    yield f"Run {report.run_id}, {_text(words.when(report))}."
    yield ""
    yield from _table(("", ""), words.sums(report))
    if not report.complete:
        yield "Times, steps and commands of this run were not kept."
        yield ""
    yield "## Items"
    yield ""
    yield from _table(words.COLUMNS, map(words.columns, report.items))
    for item in report.items:
        yield from _item(item)
    yield "## Hosts"
    yield ""
    yield from _hosts(report)
    yield from _fixes(report)
    yield from _commands(report)


def _item(item: ItemTold) -> Iterator[str]:
    if not any((item.reason, item.losses, item.notes, item.compared, item.steps)):
        return
    yield f"### {_text(item.name)}"
    yield ""
    for line in item.reason.splitlines():
        yield f"- Why: {_text(line)}"
    for loss in item.losses:
        yield f"- Not carried over: {_text(loss)}"
    for note in item.notes:
        yield f"- Note: {_text(note)}"
    if item.reason or item.losses or item.notes:
        yield ""
    if item.compared:
        yield from _table(
            ("Compared", "Verdict", "Before", "After", "Detail"),
            ((c.aspect, c.verdict, c.before, c.after, "; ".join(c.detail)) for c in item.compared),
        )
    if item.steps:
        yield from _table(
            ("Step", "Began", "Took", "Moved", "Rate", "Outcome"),
            (
                (
                    step.title,
                    clock_time(step.began_s),
                    "" if step.seconds is None else duration(step.seconds),
                    format_bytes(step.bytes) if step.bytes else "",
                    "" if step.rate_bytes_s is None else rate(step.rate_bytes_s),
                    step.outcome or "broken off",
                )
                for step in item.steps
            ),
        )


def _hosts(report: Report) -> Iterator[str]:
    source, target = (dict(words.host_facts(h)) for h in (report.source, report.target))
    names = dict.fromkeys([*source, *target])
    yield from _table(
        ("", f"Source {report.source.label}", f"Target {report.target.label}"),
        ((name, source.get(name, ""), target.get(name, "")) for name in names),
    )


def _fixes(report: Report) -> Iterator[str]:
    if not report.fixes:
        return
    yield "## Fixes"
    yield ""
    yield "By Podferry, on either host, from a day before the run to its end."
    yield ""
    for fix in report.fixes:
        where = f"{words.moment(fix.at_s)}, {', '.join(fix.hosts)}"
        yield f"- {_text(f'{fix.title}: {fix.outcome} ({where})')}"
        yield ""
        yield from _code([f"{host}: {quote(argv)}" for host, argv in fix.commands], "  ")


def _commands(report: Report) -> Iterator[str]:
    if not report.commands:
        return
    yield "## Commands"
    yield ""
    yield from _code(
        [
            f"{clock_time(c.began_s)} {c.host} {duration(c.seconds)} "
            f"[{'stopped' if c.exit_code is None else c.exit_code}] {quote(c.argv)}"
            for c in report.commands
        ]
    )


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(map(_text, heads))} |"
    yield "|" + " --- |" * len(heads)
    for row in rows:
        yield f"| {' | '.join(map(_text, row))} |"
    yield ""


def _code(lines: Sequence[str], indent: str = "") -> Iterator[str]:
    """A block whose fence is longer than any in it."""
    shown = [escape(line) for line in lines]
    longest = max((len(run) for line in shown for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    yield f"{indent}{fence}"
    yield from (f"{indent}{line}" for line in shown)
    yield f"{indent}{fence}"
    yield ""


def _text(text: str) -> str:
    """Text from outside, as text; a hyphen and an underscore inside a word may stay."""
    safe = _SPECIAL.sub(r"\\\1", escape(text)).replace("\\<", "&lt;").replace("\\&", "&amp;")
    return re.sub(r"(?<=\w)\\([-_])(?=\w)", r"\1", safe)
