from __future__ import annotations

from core.podman.model import Item, Route, State, Usage
from tests.tui.stub_engine import MIB, container, estate, pod, single
from tui.screens.estate.mark_book import MarkBook
from tui.screens.estate.marks import count_text, describe, outline, tally

SHOP = pod("shop", container("web"), container("db"))
HALF = pod("half", container("up"), container("down", state=State.EXITED))
CACHE = single("cache")
NIGHTLY = single("nightly", state=State.EXITED)
ITEMS = (SHOP, HALF, CACHE, NIGHTLY)


def live_unless_stopped(item: Item) -> Route:
    return Route.CHECKPOINT if item.state is State.RUNNING else Route.KUBE


def test_a_toggle_marks_what_is_not_marked_and_then_unmarks() -> None:
    book = MarkBook()
    book.set([CACHE], Route.KUBE)
    book.toggle([CACHE, SHOP], live_unless_stopped)
    assert book.by_name(ITEMS) == {"cache": Route.KUBE, "shop": Route.CHECKPOINT}
    book.toggle([CACHE, SHOP], live_unless_stopped)
    assert not book.by_id


def test_marks_of_what_is_gone_are_forgotten() -> None:
    book = MarkBook()
    book.advise(ITEMS, live_unless_stopped)
    assert book.keep_only([SHOP, CACHE]) == {HALF.id, NIGHTLY.id}
    book.forget_names(["shop"], ITEMS)
    assert book.by_name(ITEMS) == {"cache": Route.CHECKPOINT}


def test_the_sum_is_told_in_one_line() -> None:
    usage = {CACHE.id: Usage(400 * MIB, 1.0)}
    marks = {CACHE.id: Route.CHECKPOINT, NIGHTLY.id: Route.KUBE}
    sums = tally(ITEMS, marks, usage)
    assert count_text(sums) == "2 items marked"
    assert describe(sums) == "424 MiB · down 0 to 6 s each · 1 by checkpoint · 1 by kube"


def test_what_is_down_already_is_not_down_longer() -> None:
    sums = tally(ITEMS, {NIGHTLY.id: Route.KUBE}, {})
    assert describe(sums) == "12 MiB · no downtime · 1 by kube"


def test_only_what_the_checks_care_for_makes_another_outline() -> None:
    seen = estate("old", CACHE, SHOP)
    assert outline(seen) == outline(estate("old", single("cache", size_bytes=99), SHOP))
    assert outline(seen) != outline(estate("old", single("cache", state=State.EXITED), SHOP))
    assert outline(seen) != outline(estate("old", CACHE))
    assert outline(None) == outline(estate("old"))
