from __future__ import annotations

from collections.abc import Callable

import pytest
from textual.pilot import Pilot

from core.podman.model import Kind, Route
from tests.tui.run.scripted import HOSTILE, estate, item
from tests.tui.run.stage import Stage
from tui.screens.plan import PlanScreen

SIZES = [(120, 40), (80, 24), (60, 15)]

PLAN = estate(
    item("web"),
    item("legacy", blocks=("It uses the device /dev/ttyUSB0, which new does not have.",)),
    item(
        "shop",
        Route.KUBE,
        Kind.POD,
        losses=(
            "The healthcheck of shop-db is not generated: watch it by other means.",
            "The label tier=front of shop-web is dropped.",
        ),
    ),
    item(HOSTILE, size=900, down_s=0.4),
)

Compare = Callable[..., bool]


@pytest.mark.parametrize("size", SIZES)
def test_plan(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert snap_compare(Stage(PlanScreen(PLAN)), terminal_size=size, press=["down", "down"])


@pytest.mark.parametrize("size", SIZES)
def test_yaml(snap_compare: Compare, size: tuple[int, int]) -> None:
    async def show(pilot: Pilot[None]) -> None:
        await pilot.press("down", "down", "v", "tab", "down")

    assert snap_compare(Stage(PlanScreen(PLAN)), terminal_size=size, run_before=show)


def test_nothing_ready(snap_compare: Compare) -> None:
    plan = estate(item("legacy", blocks=("It uses a device.",)))
    assert snap_compare(Stage(PlanScreen(plan)), terminal_size=(80, 24))


def test_sixteen_colours(snap_compare: Compare) -> None:
    assert snap_compare(
        Stage(PlanScreen(PLAN), ansi=True), terminal_size=(80, 24), press=["down", "down"]
    )
