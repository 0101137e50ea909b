"""Where the charts of the page have their bars: numbers only, the template draws them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.report.model import ItemTold, Report
from tui.report import words

WIDTH = 960
LABEL = 210
"""What the names of the items take at the left."""
_END = 110
"""What is left at the right for the words behind a bar."""
PLOT = WIDTH - LABEL - _END
ROW = 22
_CROWDED_ROW = 16
_CROWDED = 40
"""Items from which on rows are lower."""
AXIS = 26
"""Height of the axis, above the bars."""
_LEAST = 2.0
"""Width of the narrowest bar: what took no time is still to be seen."""
_TICKS = 8
"""At most."""
_STEPS_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600,
            86400)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bar:
    """One stretch of time."""

    kind: str
    """`staged`, `down` or `verified`; also its look."""
    x: float
    width: float
    title: str


@dataclass(frozen=True, slots=True)
class Line:
    """One item."""

    name: str
    y: float
    bars: tuple[Bar, ...]
    end: str
    """Words behind the bars."""
    end_x: float


@dataclass(frozen=True, slots=True)
class Tick:
    """One mark on the axis."""

    x: float
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart, in its own units."""

    lines: tuple[Line, ...]
    ticks: tuple[Tick, ...]
    row: float

    @property
    def height(self) -> float:
        """With its axis."""
        return AXIS + self.row * len(self.lines) + 6


def timeline(report: Report) -> Chart | None:
    """Each item from its beginning to its end; None: no times are known."""
    known = [i for i in report.items if i.times.began_s is not None]
    if not known:
        return None
    start_s = min(i.times.began_s or 0.0 for i in known)
    last_s = max(t for i in known for t in _moments(i))
    scale = _Scale(last_s - start_s)
    row = _row(len(report.items))
    items = sorted(report.items, key=lambda i: (i.times.began_s is None, i.times.began_s or 0))
    lines = []
    for at, item in enumerate(items):
        bars = tuple(_stretches(item, start_s, last_s, scale))
        end_x = max((bar.x + bar.width for bar in bars), default=float(LABEL)) + 6
        lines.append(Line(item.name, AXIS + at * row, bars, words.outcome(item), end_x))
    return Chart(tuple(lines), scale.ticks(), row)


def downtimes(report: Report) -> Chart | None:
    """How long each item was down, the longest first; None: none was."""
    down = [(i.downtime_s, i) for i in report.items if i.downtime_s is not None]
    if not down:
        return None
    down.sort(key=lambda pair: -pair[0])
    scale = _Scale(down[0][0])
    row = _row(len(down))
    lines = []
    for at, (seconds, item) in enumerate(down):
        told = words.downtime(seconds)
        bar = Bar("down", LABEL, scale.width(seconds), f"{item.name}: down {told}")
        lines.append(Line(item.name, AXIS + at * row, (bar,), told, LABEL + bar.width + 6))
    return Chart(tuple(lines), scale.ticks(), row)


def _moments(item: ItemTold) -> list[float]:
    times = item.times
    known = (times.began_s, times.down_s, times.up_s, times.ended_s)
    return [*filter(None, known), *(s.began_s + (s.seconds or 0) for s in item.steps)]


def _stretches(item: ItemTold, start_s: float, last_s: float, scale: _Scale) -> Iterator[Bar]:
    """What an item did not come to lasts until its end; what has no end, to that of the chart."""
    times = item.times
    if times.began_s is None:
        return
    end_s = times.ended_s or last_s
    down_s = times.down_s or end_s
    up_s = max(times.up_s or end_s, down_s)
    served = f"on {times.up_on}, until done" if times.up_on else "until done"
    for kind, from_s, to_s, what in (
        ("staged", times.began_s, down_s, "made ready while it ran"),
        ("down", down_s, up_s, "down"),
        ("verified", up_s, end_s, f"up again {served}"),
    ):
        if to_s > from_s or (kind == "down" and times.down_s is not None):
            title = f"{item.name}: {what}, {words.downtime(to_s - from_s)}"
            yield Bar(kind, scale.x(from_s - start_s), scale.width(to_s - from_s), title)


@dataclass(frozen=True, slots=True)
class _Scale:
    """From seconds to the units of the chart."""

    seconds: float

    def x(self, seconds: float) -> float:
        return round(LABEL + self._of(seconds), 2)

    def width(self, seconds: float) -> float:
        return round(max(_LEAST, self._of(seconds)), 2)

    def ticks(self) -> tuple[Tick, ...]:
        fit = (step for step in _STEPS_S if self.seconds / step <= _TICKS)
        step = next(fit, self.seconds / _TICKS)
        count = int(self.seconds / step + 1e-9) if step else 0
        return tuple(Tick(self.x(n * step), _label(n * step)) for n in range(count + 1))

    def _of(self, seconds: float) -> float:
        return PLOT * seconds / self.seconds if self.seconds > 0 else 0.0


def _label(seconds: float) -> str:
    """Such as `0`, `0.5 s`, `1 m 30 s`, without what is nought."""
    if seconds < 60:
        return f"{seconds:g} s" if seconds else "0"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts: Sequence[tuple[int, str]] = ((hours, "h"), (minutes, "m"), (rest, "s"))
    return " ".join(f"{count} {unit}" for count, unit in parts if count)


def _row(items: int) -> float:
    return ROW if items < _CROWDED else _CROWDED_ROW
