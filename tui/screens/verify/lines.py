"""What the matrix shows: an item of a run with its evidence, and which come first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.evidence.model import Compared, Verdict
from core.journal.journal import JournalItem
from core.migrate.events import Outcome
from core.migrate.verify import Verified
from tui.widgets.units import plural


@dataclass(frozen=True, slots=True)
class Line:
    """One item."""

    item: JournalItem
    compared: tuple[Compared, ...] = ()
    trouble: str = ""
    """Why it could not be looked at."""

    @property
    def name(self) -> str:
        return self.item.name

    @property
    def differs(self) -> int:
        """Kinds of evidence that are different."""
        return sum(c.verdict is Verdict.DIFFERENT for c in self.compared)

    @property
    def good(self) -> bool:
        """Whether it was compared, and nothing is different."""
        return bool(self.compared) and not self.differs and not self.trouble

    @property
    def waits(self) -> bool:
        """Whether it can be accepted or brought back."""
        return self.item.outcome == Outcome.MOVED and not self.item.settled

    @property
    def word(self) -> str:
        """How it stands, for those who see no colours."""
        if self.item.settled:
            return self.item.settled.replace("_", " ")
        if self.item.outcome != Outcome.MOVED:
            return self.item.outcome.replace("_", " ") or "under way"
        if self.trouble:
            return "not seen"
        if not self.compared:
            return "not compared"
        return f"{self.differs} differ" if self.differs else "as it was"


def make_lines(
    items: Iterable[JournalItem], kept: Mapping[str, tuple[Compared, ...]]
) -> tuple[Line, ...]:
    """The items with what the journal keeps of them, worst first."""
    return worst_first(Line(item, kept.get(item.name, ())) for item in items)


def looked(lines: Iterable[Line], results: Iterable[Verified]) -> tuple[Line, ...]:
    """The same after a look at the target."""
    seen = {result.name: result for result in results}
    return worst_first(
        Line(line.item, seen[line.name].compared or line.compared, seen[line.name].trouble)
        if line.name in seen
        else line
        for line in lines
    )


def worst_first(lines: Iterable[Line]) -> tuple[Line, ...]:
    """Those with most that is different, then what was not compared, then what is good."""
    return tuple(
        sorted(lines, key=lambda x: (-x.differs, x.good, not x.waits, x.name.casefold(), x.name))
    )


def sums(lines: Sequence[Line]) -> str:
    """Such as `3 items: 1 different, 2 as they were`."""
    bad = sum(bool(line.differs) for line in lines)
    good = sum(line.good for line in lines)
    rest = len(lines) - bad - good
    parts = [f"{bad} different"] if bad else []
    parts += [f"{good} as {'it was' if good == 1 else 'they were'}"] if good else []
    parts += [f"{rest} not compared"] if rest else []
    return f"{plural(len(lines), 'item')}: {', '.join(parts) or 'nothing'}"
