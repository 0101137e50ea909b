from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from core.podman.model import Estate, Item, Kind, Port, Route, State, Usage
from tests.tui.stub_engine import MIB, container, estate, pod, single
from tui.screens.estate.rows import Level, Row, View, arrange, make_rows, short_image
from tui.screens.estate.sorting import SortKey, natural, steady

WEB, DB = container("shop-web"), container("shop-db", image="quay.io/db/postgres:17")
SHOP = pod("shop", WEB, DB, ports=(Port(8080, 80),))
CACHE_2, CACHE_10 = single("cache-2"), single("cache-10", ports=(Port(6379, 6379),))
NIGHTLY = single("nightly", state=State.EXITED, exit_code=1)
ALL = estate("old", CACHE_10, SHOP, NIGHTLY, CACHE_2)
USAGE = {WEB.id: Usage(100 * MIB, 1.0), DB.id: Usage(28 * MIB, 1.0), CACHE_2.id: Usage(MIB, 0.1)}


def rows(view: View, usage: Mapping[str, Usage] = USAGE, of: Estate = ALL) -> tuple[Row, ...]:
    return make_rows(arrange(of, view, usage), usage, {}, {})


def names(view: View) -> list[str]:
    return [row.name for row in rows(view)]


def test_pods_come_first_and_numbers_count() -> None:
    assert names(View()) == ["shop", "cache-2", "cache-10", "nightly"]
    assert names(View(reverse=True)) == ["shop", "nightly", "cache-10", "cache-2"]


@pytest.mark.parametrize(
    "key, first",
    [
        (SortKey.STATE, "cache-2"),
        (SortKey.MEMORY, "shop"),
        (SortKey.IMAGE, "cache-2"),
        (SortKey.PORTS, "cache-10"),
    ],
)
def test_other_orders(key: SortKey, first: str) -> None:
    assert names(View(sort=key))[0] == first


def test_memory_of_what_runs_comes_before_sizes() -> None:
    assert names(View(sort=SortKey.MEMORY)) == ["shop", "cache-2", "cache-10", "nightly"]


def test_a_pod_unfolds() -> None:
    shown = rows(View(unfolded=frozenset({SHOP.id})))
    assert [(r.level, r.name) for r in shown[:3]] == [
        (Level.UNFOLDED, "shop"),
        (Level.CHILD, "shop-db"),
        (Level.CHILD, "shop-web"),
    ]
    assert {r.item_id for r in shown[:3]} == {SHOP.id}


def test_a_filter_opens_a_pod_for_the_container_that_matches() -> None:
    assert names(View(needle="postgres")) == ["shop", "shop-db"]
    assert names(View(needle="shop")) == ["shop"]


def test_a_filter_that_matches_nothing_falls_back_to_letters_in_order() -> None:
    arrangement = arrange(ALL, View(needle="c10"), {})
    assert arrangement.fuzzy
    assert [i.name for i in arrangement.items] == ["cache-10"]
    assert not arrange(ALL, View(needle="zzz"), {}).fuzzy


def test_memory_is_the_sum_of_a_pod_and_a_size_where_nothing_runs() -> None:
    shown = {r.name: r.memory for r in rows(View())}
    assert shown == {
        "shop": "128 MiB ",
        "cache-2": "1.0 MiB ",
        "cache-10": "",
        "nightly": "(12 MiB)",
    }


def test_states_tell_themselves_without_colour() -> None:
    half = pod("half", WEB, container("x", state=State.EXITED))
    shown = rows(View(), of=estate("old", SHOP, half, NIGHTLY, single("p", state=State.PAUSED)))
    assert [r.state_text for r in shown] == ["◐ 1/2 run", "● running", "✗ exit 1", "‖ paused"]


def test_numbers_that_change_leave_the_order_alone() -> None:
    arrangement = arrange(ALL, View(sort=SortKey.MEMORY), USAGE)
    later = {CACHE_2.id: Usage(900 * MIB, 1.0)}
    assert [r.id for r in make_rows(arrangement, later, {}, {})] == [
        r.id for r in make_rows(arrangement, USAGE, {}, {})
    ]


def test_a_mark_is_on_the_items_row() -> None:
    view = View(unfolded=frozenset({SHOP.id}))
    shown = make_rows(arrange(ALL, view, {}), {}, {SHOP.id: Route.KUBE}, {})
    assert [r.mark for r in shown] == [Route.KUBE, None, None, None, None, None]


def test_images_lose_what_goes_without_saying() -> None:
    assert short_image("docker.io/library/nginx:1.29") == "nginx:1.29"
    assert short_image("localhost/mine:2") == "mine:2"
    assert short_image("ab" * 32) == "ab" * 6
    assert short_image("quay.io/db/postgres:17") == "quay.io/db/postgres:17"


def test_an_empty_pod_has_a_row() -> None:
    empty = Item(Kind.POD, "f" * 64, "empty", State.CREATED, ())
    assert rows(View(), of=estate("old", empty))[0].image == "0 containers"


def test_equal_listings_make_equal_rows() -> None:
    again = replace(ALL, items=tuple(replace(i) for i in ALL.items))
    assert rows(View()) == rows(View(), of=again)


def test_natural_order_survives_odd_names() -> None:
    assert sorted(["10", "9a", "", "a9", "٣", "²"], key=natural)


def test_jitter_is_not_shown() -> None:
    before = {"a": Usage(100, 1.0), "b": Usage(100, 1.0), "gone": Usage(1, 1.0)}
    now = {"a": Usage(102, 2.0), "b": Usage(104, 2.0), "new": Usage(5, 0.0)}
    assert steady(before, now) == {"a": before["a"], "b": now["b"], "new": now["new"]}
    assert steady({"a": Usage(0, 0.0)}, {"a": Usage(1, 0.0)}) == {"a": Usage(1, 0.0)}
