"""Marks: what the marked items come to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core.podman.model import Estate, Item, Route, Usage
from tui.screens.estate.sorting import memory_bytes
from tui.widgets.units import format_bytes, format_seconds, plural


def outline(estate: Estate | None) -> object:
    """What of an estate the checks care for: sizes and times change all the time."""
    items = estate.items if estate is not None else ()
    return tuple(
        (i.id, i.name, tuple((c.id, c.name, c.state) for c in i.containers)) for i in items
    )


@dataclass(frozen=True, slots=True)
class Tally:
    """What the marked items come to, before a plan knows better."""

    checkpoints: int = 0
    kubes: int = 0
    bytes: int = 0
    shortest_s: float = 0.0
    """Expected downtime of the item that is down for the shortest time."""
    longest_s: float = 0.0

    @property
    def items(self) -> int:
        """How many are marked."""
        return self.checkpoints + self.kubes


def tally(items: Iterable[Item], marks: Mapping[str, Route], usage: Mapping[str, Usage]) -> Tally:
    """Sum up the marked ones; `marks` is by the items' IDs."""
    marked = [(item, marks[item.id]) for item in items if item.id in marks]
    if not marked:
        return Tally()
    # Not needed for the first rows, so not loaded for them.
    from core.plan.estimate import downtime_s

    counts = dict.fromkeys(Route, 0)
    total = 0
    downtimes: list[float] = []
    for item, route in marked:
        counts[route] += 1
        memory = memory_bytes(item, usage) or 0
        total += (item.size_bytes or 0) + (memory if route is Route.CHECKPOINT else 0)
        downtimes.append(downtime_s(item, route, memory))
    return Tally(
        checkpoints=counts[Route.CHECKPOINT],
        kubes=counts[Route.KUBE],
        bytes=total,
        shortest_s=min(downtimes),
        longest_s=max(downtimes),
    )


def describe(sums: Tally) -> str:
    """The tally in one line, without its item count."""
    routes = [
        f"{count} by {route}"
        for route, count in ((Route.CHECKPOINT, sums.checkpoints), (Route.KUBE, sums.kubes))
        if count
    ]
    return " · ".join([format_bytes(sums.bytes), _downtime(sums), *routes])


def _downtime(sums: Tally) -> str:
    low, high = format_seconds(sums.shortest_s), format_seconds(sums.longest_s)
    if high == format_seconds(0):
        return "no downtime"
    if low == high:
        return f"down about {high}" + (" each" if sums.items > 1 else "")
    low_number, low_unit = low.split(" ")
    unit = "" if high.endswith(low_unit) else f" {low_unit}"
    return f"down {low_number}{unit} to {high} each"


def count_text(sums: Tally) -> str:
    """Such as `3 items marked`."""
    return f"{plural(sums.items, 'item')} marked"
