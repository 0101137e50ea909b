from __future__ import annotations

import pytest

from core.podman.model import HostInfo, Item, Route, State, Usage
from tests.tui.stub_engine import MIB, container, host_info, pod, single
from tui.screens.estate.mark_book import MarkBook
from tui.screens.estate.marks import advised_route, count_text, describe, tally

HOST = host_info("old")
SHOP = pod("shop", container("web"), container("db"))
HALF = pod("half", container("up"), container("down", state=State.EXITED))
CACHE = single("cache")
NIGHTLY = single("nightly", state=State.EXITED)
ITEMS = (SHOP, HALF, CACHE, NIGHTLY)


@pytest.mark.parametrize(
    "item, host, route",
    [
        (CACHE, HOST, Route.CHECKPOINT),
        (SHOP, HOST, Route.CHECKPOINT),
        (HALF, HOST, Route.KUBE),
        (NIGHTLY, HOST, Route.KUBE),
        (single("p", state=State.PAUSED), HOST, Route.KUBE),
        (CACHE, host_info("old", rootless=True), Route.KUBE),
        (CACHE, host_info("old", criu_version=None), Route.KUBE),
        (CACHE, None, Route.KUBE),
        (pod("empty"), HOST, Route.KUBE),
    ],
)
def test_advised_route(item: Item, host: HostInfo | None, route: Route) -> None:
    assert advised_route(item, host) is route


def test_a_toggle_marks_what_is_not_marked_and_then_unmarks() -> None:
    book = MarkBook()
    book.set([CACHE], Route.KUBE)
    book.toggle([CACHE, SHOP], HOST)
    assert book.by_name(ITEMS) == {"cache": Route.KUBE, "shop": Route.CHECKPOINT}
    book.toggle([CACHE, SHOP], HOST)
    assert not book.by_id


def test_marks_of_what_is_gone_are_forgotten() -> None:
    book = MarkBook()
    book.advise(ITEMS, HOST)
    assert book.keep_only([SHOP, CACHE]) == {HALF.id, NIGHTLY.id}
    book.forget_names(["shop"], ITEMS)
    assert book.by_name(ITEMS) == {"cache": Route.CHECKPOINT}


def test_the_sum_is_told_in_one_line() -> None:
    usage = {CACHE.id: Usage(400 * MIB, 1.0)}
    marks = {CACHE.id: Route.CHECKPOINT, NIGHTLY.id: Route.KUBE}
    sums = tally(ITEMS, marks, usage)
    assert count_text(sums) == "2 items marked"
    assert describe(sums) == "424 MiB · down 0 to 13 s each · 1 by checkpoint · 1 by kube"


def test_what_is_down_already_is_not_down_longer() -> None:
    sums = tally(ITEMS, {NIGHTLY.id: Route.KUBE}, {})
    assert describe(sums) == "12 MiB · no downtime · 1 by kube"
