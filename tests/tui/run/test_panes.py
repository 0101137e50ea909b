from __future__ import annotations

import dataclasses
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from core.migrate.events import CameUp, Cancel, Progress, RollingBack
from tests.tui.run.scripted import HOSTILE, T0, at_work, estate, item, moved
from tui.screens.run.panes import fill_slots, pane_rows
from tui.screens.run.shape import shape_of
from tui.screens.run.state import RunState, apply, tell

ITEMS = [item(name) for name in ("web", "shop", "db", HOSTILE)]
PLAN = estate(*ITEMS)


def active(*names: str) -> RunState:
    events = [e for i in ITEMS if i.name in names for e in at_work(i, T0)]
    return reduce(apply, events, RunState.of("r7k2", PLAN))


def test_an_item_keeps_its_slot_while_others_come_and_go() -> None:
    slots = fill_slots((), active("web", "shop"), 3)
    assert slots == ("web", "shop")
    state = reduce(apply, moved(ITEMS[0], T0 + 3), active("web", "shop"))
    assert fill_slots(slots, state, 3) == ("web", "shop")
    state = reduce(apply, at_work(ITEMS[2], T0 + 4), state)
    assert fill_slots(slots, state, 3) == ("db", "shop")


def test_with_less_room_those_at_work_stay() -> None:
    assert fill_slots(("web", "shop", "db"), active("db"), 1) == ("db",)
    assert fill_slots(("web", "shop"), active(), 1) == ("shop",)


@given(st.lists(st.sets(st.sampled_from(["web", "shop", "db"]))), st.integers(1, 4))
def test_slots_never_overflow_nor_hold_one_twice(turns: list[set[str]], limit: int) -> None:
    slots: tuple[str, ...] = ()
    for names in turns:
        slots = fill_slots(slots, active(*names), limit)
        assert len(slots) == len(set(slots)) <= limit
        assert min(len(names), limit) <= len(set(slots) & names) + max(0, len(names) - limit)


@pytest.mark.parametrize("width", [54, 66, 76])
def test_a_pane_is_three_rows_of_its_width(width: int) -> None:
    state = active("web", HOSTILE)
    rows = pane_rows(state, ("web", HOSTILE), T0 + 4, width, spaced=False)
    assert len(rows) == 6
    assert all(cell_len(r.text) <= width and r.text.isprintable() for r in rows)
    assert rows[0].text.startswith("▸ web  step 3/5  dump web")
    assert rows[1].text.startswith("  256 MiB of 512 MiB    110 MiB/s    down 3 s")
    assert rows[2].text.startswith("  2 s left")
    assert "█░" in rows[2].text


def test_a_pane_says_when_it_goes_back() -> None:
    state = apply(active("web"), RollingBack("web", "no room on new"))
    title = pane_rows(state, ("web",), T0, 60, spaced=False)[0].text
    assert "rolling back: no room on new" in title


def test_a_pane_says_when_it_is_being_cancelled() -> None:
    state = tell(active("web"), Cancel("web"))
    assert "cancelling" in pane_rows(state, ("web",), T0, 60, spaced=False)[0].text


def test_a_stream_of_unknown_length_has_no_bar() -> None:
    state = apply(active("web"), Progress("web", 4096, None, 1024.0, None))
    _, amounts, bar = pane_rows(state, ("web",), T0, 60, spaced=False)
    assert "size not known" in bar.text
    assert "4.0 KiB  " in amounts.text


def test_a_pane_says_where_it_came_up_as_far_as_there_is_room() -> None:
    state = apply(active("web"), CameUp("web", "new", 2.4))
    assert "up on new after 2.4 s" in pane_rows(state, ("web",), T0, 76, spaced=False)[1].text
    assert "was down 2.4 s" in pane_rows(state, ("web",), T0, 54, spaced=False)[1].text


def test_what_was_stopped_all_along_serves_nowhere() -> None:
    stopped = dataclasses.replace(item("web"), was_running=False)
    state = reduce(apply, at_work(stopped, T0)[:2], RunState.of("r7k2", estate(stopped)))
    text = "\n".join(r.text for r in pane_rows(state, ("web",), T0, 76, spaced=False))
    assert "does not run" in text
    assert "serves" not in text


@given(st.integers(30, 250), st.integers(10, 90), st.integers(0, 9))
def test_the_parts_fit_on_the_screen(width: int, height: int, used: int) -> None:
    shape = shape_of(width, height)
    assert shape.slots >= 1
    if not shape.wide and height >= 15:
        assert 4 + shape.log + shape.panes(used) + 4 <= height
