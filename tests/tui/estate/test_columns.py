from __future__ import annotations

from itertools import pairwise

import pytest

from tui.screens.estate.columns import place_columns
from tui.screens.estate.sorting import SortKey


@pytest.mark.parametrize("width", range(1, 260))
def test_columns_never_overlap_nor_leave_the_pane(width: int) -> None:
    placed = place_columns(width)
    for left, right in pairwise(placed):
        assert left.x + left.width < right.x
    if width > 20:
        assert placed[-1].x + placed[-1].width <= width
    assert placed[0].key is SortKey.NAME


def test_columns_go_by_priority() -> None:
    assert [p.key for p in place_columns(20)] == [SortKey.NAME]
    assert [p.key for p in place_columns(34)] == [SortKey.NAME, SortKey.STATE]
    assert len(place_columns(59)) == 4
    assert len(place_columns(79)) == 5
