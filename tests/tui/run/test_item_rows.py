from __future__ import annotations

from core.migrate.events import ItemStarted, StepStarted
from tests.tui.run.scripted import T0, begin, estate, item
from tui.screens.run.item_rows import item_rows
from tui.screens.run.state import RunState, apply

WEB = item("web-of-the-shop")


def test_where_room_is_scarce_a_step_does_not_repeat_the_name_of_its_row() -> None:
    plan = estate(WEB)
    state = RunState.of("r7k2", plan)
    title = "watch web-of-the-shop for 30 s"
    for event in (*begin(plan), ItemStarted(WEB.name, T0), StepStarted(WEB.name, 3, title, T0)):
        state = apply(state, event)
    (narrow,), (wide,) = item_rows(state, 80), item_rows(state, 120)
    assert "4/5 watch for 30 s" in narrow.text
    assert f"4/5 {title}" in wide.text
