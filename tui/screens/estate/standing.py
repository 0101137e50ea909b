"""How an item stands: whether it can go by its route, told by one sign in its row."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from enum import Enum, auto
from typing import TYPE_CHECKING

from core.podman.model import Item, Route

if TYPE_CHECKING:
    from core.checks.model import Verdict
    from core.checks.verdicts import Report


class Standing(Enum):
    """What a verdict comes to."""

    UNKNOWN = auto()
    """Both hosts have not been looked at since the item appeared."""
    READY = auto()
    FLAGS = auto()
    """Ready, with flags that the plan sets."""
    BLOCKED = auto()
    MOVED = auto()
    """It runs on the target, and this copy waits to be accepted or rolled back."""


def standing_of(verdict: Verdict) -> Standing:
    """The sign for a verdict."""
    if verdict.blocks:
        return Standing.BLOCKED
    return Standing.FLAGS if verdict.flags else Standing.READY


def standings(
    items: Iterable[Item],
    report: Report | None,
    marks: Mapping[str, Route],
    moved: Collection[str] = (),
) -> dict[str, Standing]:
    """By the items' IDs, for the marked route, or else for the advised one; `moved` are IDs."""
    items = tuple(items)
    found = {i.id: Standing.MOVED for i in items if i.id in moved and not i.running}
    if report is None:
        return found
    return {
        item.id: standing_of(
            report.verdict(item.name, marks.get(item.id) or report.advised(item.name))
        )
        for item in items
        if item.name in report.items
    } | found
