"""Which columns a pane has room for, and how wide they are: by its width alone, so none jumps."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from tui.screens.estate.sorting import SortKey

GUTTER_WIDTH = 1
"""Cells that say where the cursor and the range are."""
MARK_WIDTH = 2
STANDING_WIDTH = 2
FOLD_WIDTH = 2
"""Cells before a name: a fold arrow, or indentation."""
STATE_WIDTH = 10
MEMORY_WIDTH = 9
GAP = 1

NAME_AT = GUTTER_WIDTH + MARK_WIDTH + STANDING_WIDTH
_NAME_MIN = 16
_IMAGE_MIN = 10
_PORTS_MIN = 10


@dataclass(frozen=True, slots=True)
class Placed:
    """A column in its place."""

    key: SortKey
    x: int
    width: int


@lru_cache(maxsize=64)
def place_columns(width: int) -> tuple[Placed, ...]:
    """Name, state, memory, image, ports: as many of them as there is room for."""
    wanted = [
        (SortKey.STATE, STATE_WIDTH),
        (SortKey.MEMORY, MEMORY_WIDTH),
        (SortKey.IMAGE, _IMAGE_MIN),
        (SortKey.PORTS, _PORTS_MIN),
    ]
    room = width - NAME_AT
    chosen: list[SortKey] = []
    for key, least in wanted:
        if room - least - GAP < _NAME_MIN:
            break
        room -= least + GAP
        chosen.append(key)
    widths = _share(room, chosen)
    placed = []
    x = NAME_AT
    for key in (SortKey.NAME, *chosen):
        placed.append(Placed(key, x, widths[key]))
        x += widths[key] + GAP
    return tuple(placed)


def _share(name_width: int, chosen: list[SortKey]) -> dict[SortKey, int]:
    """Give what the name does not need to image and ports."""
    widths = {SortKey.STATE: STATE_WIDTH, SortKey.MEMORY: MEMORY_WIDTH}
    spare = max(0, name_width - _NAME_MIN)
    widths[SortKey.NAME] = max(1, name_width)
    if SortKey.IMAGE in chosen:
        more = min(spare * 2 // 5, 34) if SortKey.PORTS in chosen else min(spare * 2 // 5, 44)
        widths[SortKey.IMAGE] = _IMAGE_MIN + more
        widths[SortKey.NAME] -= more
    if SortKey.PORTS in chosen:
        more = min(spare * 1 // 5, 20)
        widths[SortKey.PORTS] = _PORTS_MIN + more
        widths[SortKey.NAME] -= more
    return widths
