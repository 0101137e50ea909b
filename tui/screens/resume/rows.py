"""The unfinished items in lines."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core.journal.journal import JournalRun
from core.migrate.events import Outcome
from core.migrate.resume import Found, Resumed
from core.migrate.truth import Direction, Way, decide
from tui.widgets.rows import Row, Span, Tone, cell, piece, wrapped

_NAME_WIDTH = 24
_WORDS = {
    Way.FINISH: "finish it on {target}",
    Way.BACK: "take it back to {source}",
    Way.AGAIN: "take it back to {source}, and move it again",
    Way.NONE: "you decide: stop one copy by hand, or b takes it back to {source}",
}


@dataclass(slots=True)
class Line:
    """One item, as far as it has come."""

    found: Found
    wish: Direction | None = None
    doing: str = ""
    """The step that is under way."""
    end: Resumed | None = None

    @property
    def way(self) -> Way:
        """Where it goes."""
        return decide(self.found.truth, self.wish)


def line_rows(lines: Iterable[Line], run: JournalRun, width: int) -> list[Row]:
    """A head for each item, and below it what will be done, is done, or has come of it."""
    rows: list[Row] = []
    for line in lines:
        name = line.found.item.name
        where = line.found.truth.where(run.source, run.target)
        head = (cell(name, min(_NAME_WIDTH, width), Tone.STRONG), Span(" "), piece(where))
        rows.append(Row(head, name))
        told, tone = _told(line, run)
        rows += wrapped(told, width, tone, lead=[Span("  ")], key=name)
    return rows


def _told(line: Line, run: JournalRun) -> tuple[str, Tone]:
    if line.end is not None:
        good = line.end.outcome is not Outcome.FAILED
        words = [line.end.outcome.replace("_", " ")]
        words += [f"runs on {line.end.runs_on}"] if line.end.runs_on else []
        reason = f"\n{line.end.reason}" if line.end.reason else ""
        return ", ".join(words) + reason, Tone.GOOD if good else Tone.BAD
    if line.doing:
        return f"{line.doing} …", Tone.ACCENT
    way = _WORDS[line.way].format(source=run.source, target=run.target)
    return way, Tone.WARN if line.way is Way.NONE else Tone.PLAIN
