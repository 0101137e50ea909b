"""The lines of the log: every command with its outcome, and what was remarked in between."""

from __future__ import annotations

from core.podman.outcomes import CommandRecord
from tui.screens.run.entries import Command, Ended, Entry, Remark
from tui.screens.run.looks import TONES
from tui.screens.run.words import SIGNS, WORDS
from tui.widgets.rows import Row, Span, Tone, cell, wrapped
from tui.widgets.words import clock_time, duration, quote

_TIME = 10
_WHO = 11
_OUTCOME = 6
_SECONDS = 9
_ROOMY = 72
"""Cells from which on the time of day is shown."""


def log_rows(entry: Entry, number: int, width: int, *, expanded: bool) -> list[Row]:
    """The line of an entry, and below it all that it says if it is expanded."""
    key = str(number)
    text = _text(entry)
    lead = _lead(entry, width)
    used = sum(len(s.text) for s in lead)
    first = Row((*lead, cell(text, width - used, _tone(entry))), key, text)
    if not expanded:
        return [first]
    at = "" if width >= _ROOMY else f"{clock_time(entry.at_s)} "
    rows = [first, *wrapped(text, width, lead=[Span(f"    {at}", Tone.MUTED)], key=key)]
    if isinstance(entry, Command):
        for line in entry.record.stderr_tail.splitlines():
            rows += wrapped(line, width, Tone.MUTED, lead=[Span("    │ ", Tone.MUTED)], key=key)
    return rows


def _lead(entry: Entry, width: int) -> list[Span]:
    time = [cell(clock_time(entry.at_s), _TIME, Tone.MUTED)] if width >= _ROOMY else []
    match entry:
        case Command(_, record):
            sign, tone = _exit(record)
            seconds = duration(record.seconds)
            return [
                *time,
                cell(record.host, _WHO - 1),
                Span(" "),
                cell(sign, _OUTCOME, tone),
                cell(seconds, _SECONDS, Tone.MUTED, right=True),
                Span("  "),
            ]
        case Remark():
            return [*time, cell(entry.item, _WHO - 1, Tone.STRONG), Span(" ")]
        case Ended(_, result):
            return [*time, cell(result.name, _WHO - 1, Tone.STRONG), Span(" ")]


def _exit(record: CommandRecord) -> tuple[str, Tone]:
    if record.exit_code is None:
        return "■ cut", Tone.WARN
    return ("✓", Tone.GOOD) if record.exit_code == 0 else (f"✗ {record.exit_code}", Tone.BAD)


def _text(entry: Entry) -> str:
    match entry:
        case Command(_, record):
            return quote(record.argv)
        case Remark():
            return f"{entry.word}: {'; '.join(entry.text.splitlines())}"
        case Ended(_, result):
            down = "" if result.downtime_s is None else f", down {duration(result.downtime_s)}"
            why = f": {result.reason}" if result.reason else ""
            return f"{SIGNS[result.outcome]} {WORDS[result.outcome]}{down}{why}"


def _tone(entry: Entry) -> Tone:
    match entry:
        case Remark():
            return Tone.WARN if entry.bad else Tone.PLAIN
        case Ended(_, result):
            return TONES[result.outcome]
        case Command():
            return Tone.PLAIN
