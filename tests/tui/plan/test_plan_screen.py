from __future__ import annotations

import pytest

from core.plan.model import ItemPlan, Plan, PlannedCommand, Step, StepKind
from core.podman.model import Kind, Route
from tests.tui.run.scripted import HOSTILE, MIB, estate, item
from tests.tui.run.stage import Stage, until
from tui.screens.plan import PlanScreen
from tui.screens.plan.detail_rows import commands, yaml_rows
from tui.screens.plan.totals import going
from tui.widgets.row_view import RowView

WEB = item("web")
SHOP = item("shop", Route.KUBE, Kind.POD, losses=("Its healthcheck.", "Label tier=front."))
LEGACY = item("legacy", blocks=("It uses a device that new lacks.",))
PLAN = estate(WEB, LEGACY, SHOP)


@pytest.mark.parametrize(
    "items, width, said",
    [
        ((WEB,), 118, "1 item moves from old to new; source is stopped and kept"),
        ((WEB, SHOP), 118, "2 items move from old to new; sources are stopped and kept"),
        (
            (WEB, LEGACY, SHOP),
            118,
            "2 of 3 items move from old to new; 1 blocked stays; sources are stopped and kept",
        ),
        ((WEB, LEGACY), 58, "1 of 2 items moves; source is stopped and kept"),
        ((LEGACY,), 118, "Nothing can go: the only item is blocked, for the reasons above."),
        ((LEGACY, LEGACY), 40, "Nothing can go: all 2 items are blocked."),
        ((), 118, "Nothing can go: no item is marked."),
    ],
)
def test_the_last_line_says_what_will_happen(
    items: tuple[ItemPlan, ...], width: int, said: str
) -> None:
    assert going(estate(*items), width) == said


async def test_blocked_items_come_first_and_losses_are_listed() -> None:
    app = Stage(PlanScreen(PLAN))
    async with app.run_test(size=(120, 40)):
        top, text = app.text("#headline"), app.text("#list")
        assert "2 of 3 items ready" in top
        assert "1.0 GiB to copy" in top
        assert "! 2 things of 1 item cannot be carried over" in top
        assert text.index("legacy") < text.index("It uses a device") < text.index("web")
        assert text.index("shop") < text.index("! Its healthcheck.") < text.index("! Label")


async def test_many_losses_are_listed_in_full_in_the_detail() -> None:
    lossy = item("lossy", losses=tuple(f"Loss {n}." for n in range(9)))
    app = Stage(PlanScreen(estate(lossy)))
    async with app.run_test(size=(80, 24)):
        assert app.text("#list").count("Loss") == 3
        assert "! and 6 more, listed in full below" in app.text("#list")
        assert app.text("#detail").count("Loss") == 9


@pytest.mark.parametrize("key", ["enter", "g"])
async def test_go(key: str) -> None:
    app = Stage(PlanScreen(PLAN))
    async with app.run_test() as pilot:
        await pilot.press(key)
        await until(pilot, lambda: app.dismissed)
    assert app.dismissed == [True]


@pytest.mark.parametrize("key", ["escape", "b"])
async def test_back(key: str) -> None:
    app = Stage(PlanScreen(PLAN))
    async with app.run_test() as pilot:
        await pilot.press(key)
        await until(pilot, lambda: app.dismissed)
    assert app.dismissed == [False]


async def test_nothing_goes_when_all_is_blocked() -> None:
    app = Stage(PlanScreen(estate(LEGACY)))
    async with app.run_test() as pilot:
        await pilot.press("enter", "g")
        assert not app.dismissed
        assert "Nothing can go" in app.message


async def test_an_empty_plan_is_shown_too() -> None:
    app = Stage(PlanScreen(Plan("old", "new", ())))
    async with app.run_test() as pilot:
        await pilot.press("down", "v", "y", "Y", "tab", "up", "pagedown", "enter")
        assert not app.dismissed


async def test_the_detail_follows_the_cursor() -> None:
    app = Stage(PlanScreen(PLAN))
    async with app.run_test(size=(80, 24)) as pilot:
        assert "It uses a device" in app.text("#detail")
        await pilot.press("down")
        await until(pilot, lambda: "dump web" in app.text("#detail"))
        assert "old  $ podman container checkpoint --export=/dev/stdout" in app.text("#detail")
        await pilot.press("down")
        await until(pilot, lambda: "play shop" in app.text("#detail"))
        assert "Its healthcheck." in app.text("#detail")


async def test_a_command_is_copied_whole() -> None:
    long = ("podman", "run", "--env", "A=b c", *(f"--label=number{n}" for n in range(40)))
    step = Step(StepKind.PLAY, "web", (PlannedCommand("new", long),))
    plan = estate(ItemPlan("web", "id", Kind.CONTAINER, Route.KUBE, (step,)))
    app = Stage(PlanScreen(plan))
    async with app.run_test(size=(60, 24)) as pilot:
        await pilot.press("tab", "down", "y")
        assert app.clipboard.startswith("podman run --env 'A=b c' --label=number0 ")
        assert app.clipboard.endswith("--label=number39")
        assert app.message.startswith("copied: podman run")
        await pilot.press("up")
        await until(pilot, lambda: "moves" in app.message)
        await pilot.press("Y")
        assert app.clipboard == commands(plan.items[0])


async def test_the_yaml_is_shown_as_a_diff() -> None:
    app = Stage(PlanScreen(estate(SHOP, WEB)))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("v")
        assert "+    tier: front" in app.text("#detail")
        assert "   name: shop" in app.text("#detail")
        await pilot.press("Y")
        assert app.clipboard == SHOP.kube_yaml
        await pilot.press("down")
        await until(pilot, lambda: "dump web" in app.text("#detail"))
        await pilot.press("v")
        assert "web has no YAML" in app.message
        await pilot.press("up", "v")
        await until(pilot, lambda: "play shop" in app.text("#detail"))


def test_a_yaml_without_repair_is_shown_whole() -> None:
    same = ItemPlan("a", "a", Kind.POD, Route.KUBE, kube_yaml="x: 1\n", generated_yaml="x: 1\n")
    assert [r.text for r in yaml_rows(same, 60)][1:] == [
        "It is played as Podman generated it.",
        " x: 1",
    ]


async def test_hostile_text_is_shown_and_changes_nothing() -> None:
    bad = item(HOSTILE, Route.KUBE, Kind.POD, losses=(HOSTILE,))
    app = Stage(PlanScreen(Plan(HOSTILE, HOSTILE, (item(HOSTILE, blocks=(HOSTILE,)), bad))))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("down", "tab", "down", "down", "y", "v", "Y")
        shown = app.text("#list") + app.text("#detail") + app.text("#headline") + app.message
        assert "\x1b" not in shown
        assert r"a[/x][red]\x1b[2J\nb" in shown


async def test_every_size_shows_the_list_the_detail_and_the_last_line() -> None:
    many = [item(f"item{n}", losses=("One.", "Two."), size=n * MIB) for n in range(40)]
    app = Stage(PlanScreen(estate(*many)))
    async with app.run_test(size=(120, 40)) as pilot:
        for size in ((60, 15), (80, 24), (200, 60), (40, 12)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            bottom = app.screen.query_one("#keys").region.bottom
            assert bottom == size[1]
            for part in ("#list", "#detail"):
                assert app.screen.query_one(part).region.height >= 2
        await pilot.press("end")
        shown = app.screen.query_one("#list", RowView)
        assert shown.key == "39"
        assert shown.scroll_offset.y + shown.scrollable_content_region.height >= len(shown.rows)
        await pilot.press("home")
        assert shown.scroll_offset.y == 0
