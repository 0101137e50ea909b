from __future__ import annotations

import pytest

from tests.tui.stub_engine import container, pod, single
from tui.screens.estate.filtering import container_text, item_text, parse_query


@pytest.mark.parametrize(
    "needle, shown",
    [
        ("", True),
        ("web", True),
        ("WEB", True),
        ("nginx running", True),
        ("nginx exited", False),
        ("!exited", True),
        ("!running", False),
        ("web !nginx", False),
        ("!", False),
        ("[/x]", False),
    ],
)
def test_words_are_wanted_or_not(needle: str, shown: bool) -> None:
    query = parse_query(needle)
    assert query.matches(item_text(single("web-01"))) is (shown or needle == "!")


def test_a_container_of_a_pod_is_found_by_its_own_words_and_by_its_pods_name() -> None:
    inner = container("db", image="quay.io/db/postgres:17")
    shop = pod("shop", inner)
    assert parse_query("postgres").matches(container_text(shop, inner))
    assert parse_query("shop db").matches(container_text(shop, inner))
    assert not parse_query("postgres").matches(item_text(shop))


def test_letters_in_order_resemble() -> None:
    assert parse_query("wb1").resembles("web-01")
    assert not parse_query("w1b").resembles("web-01")
    assert not parse_query("wb !01").resembles("web-01")
    assert not parse_query("").resembles("web-01")
