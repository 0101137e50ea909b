from __future__ import annotations

from collections.abc import Callable

import pytest

from core.hosts.known import KnownHost, Origin
from tui.messages import HOSTS_ASKED
from tui.pick import PickApp
from tui.remembered import Pair, recall, remember_pair
from tui.widgets.bar import Bar
from tui.widgets.row_view import RowView

Compare = Callable[..., bool]
PAIRS = Pair("old", "new"), Pair("local")
HOSTS = [
    KnownHost("local", Origin.HERE),
    KnownHost("lab", Origin.PODMAN, "ssh://root@lab.example:22/run/podman/podman.sock"),
    KnownHost("old", Origin.SSH),
    KnownHost("new", Origin.SSH),
]


def picker() -> PickApp:
    return PickApp(PAIRS, HOSTS)


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 15)])
def test_picker(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert snap_compare(picker(), terminal_size=size)


def test_picker_with_a_source(snap_compare: Compare) -> None:
    keys = ["down", "down", "down", "enter"]
    assert snap_compare(picker(), terminal_size=(80, 24), press=keys)


@pytest.mark.parametrize(
    "keys, pair",
    [
        (["enter"], Pair("old", "new")),
        (["down", "enter"], Pair("local")),
        (["end", "enter", "down", "enter"], Pair("new", "lab")),
        (["end", "enter", "o"], Pair("new")),
        (["i", *"root@h", "enter", "enter"], Pair("root@h", "local")),
        (["end", "enter", "u", "home", "enter"], Pair("old", "new")),
        (["escape"], None),
        (["end", "enter", "escape", "escape"], None),
        (["i", *"q", "escape", "q"], None),
    ],
)
async def test_what_is_chosen(keys: list[str], pair: Pair | None) -> None:
    app = picker()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*keys)
        await pilot.pause()
    assert app.pair == pair


@pytest.mark.parametrize("typed", ["-oProxyCommand=x", "ftp://x", "a b", "[/x]"])
async def test_what_is_no_address_is_told_and_not_taken(typed: str) -> None:
    app = picker()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("i", *typed, "enter")
        await pilot.pause()
        assert app.pair is None
        assert app.screen.query_one("#said", Bar).text
        assert app.is_running
        assert "Move from ?" in lines_of(app)


def lines_of(app: PickApp) -> str:
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


async def test_the_same_host_twice_is_refused() -> None:
    app = picker()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("end", "enter", "i", *"new", "enter")
        await pilot.pause()
        assert "new: is the source already" in lines_of(app)


async def test_a_click_chooses() -> None:
    app = picker()
    async with app.run_test(size=(80, 24)) as pilot:
        at = next(
            n for n, row in enumerate(app.screen.query_one(RowView).rows) if "old →" in row.text
        )
        await pilot.click(RowView, offset=(6, at))
        await pilot.pause()
    assert app.pair == Pair("old", "new")


async def test_hostile_names_are_shown_as_they_are() -> None:
    app = PickApp(
        [Pair("[/x]\x1b[31m", "b")], [KnownHost("a", Origin.PODMAN, "ssh://[/y]\x1b]0;x\a")]
    )
    async with app.run_test(size=(80, 24)):
        shown = lines_of(app)
    assert "[/x]" in shown
    assert "[/y]" in shown
    assert "\x1b" not in shown


def test_pairs_are_remembered_the_last_first() -> None:
    for pair in (Pair("a", "b"), Pair("c", "d"), Pair("a", "b")):
        remember_pair(pair)
    assert recall().pairs == (Pair("a", "b"), Pair("c", "d"))


async def test_the_estate_asks_for_other_hosts() -> None:
    from tests.tui.estate.stage import make_app, new_host, old_host, until_listed

    app = make_app(old_host(), new_host())
    async with app.run_test(size=(80, 24)) as pilot:
        await until_listed(pilot, app)
        await pilot.press("H")
    assert app.return_value == HOSTS_ASKED
