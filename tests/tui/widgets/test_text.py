from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.widgets.text import NOT_SHOWN, Cut, clean, fit, one_line
from tui.widgets.units import format_bytes, format_seconds, plural


@given(st.text(max_size=40), st.integers(0, 30), st.sampled_from(Cut), st.booleans())
def test_text_fits_exactly(text: str, width: int, cut: Cut, right: bool) -> None:
    assert cell_len(fit(text, width, cut, right=right)) == width


@given(st.text(max_size=40))
def test_clean_text_moves_no_cursor(text: str) -> None:
    assert clean(text).isprintable()


@pytest.mark.parametrize(
    "cut, shown", [(Cut.END, "regis…"), (Cut.MIDDLE, "reg…:2"), (Cut.START, "…app:2")]
)
def test_an_ellipsis_stands_for_what_is_cut(cut: Cut, shown: str) -> None:
    assert fit("registry/app:2", 6, cut) == shown


def test_hostile_text_is_shown_harmlessly() -> None:
    assert clean("a\x1b[31mb\nc\u202ed") == f"a{NOT_SHOWN}[31mb c{NOT_SHOWN}d"
    assert one_line("\n  \n first \n second") == "first"
    assert fit("漢字漢字", 5) == "漢字…"


@pytest.mark.parametrize(
    "count, shown",
    [
        (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (10 * 1024**2, "10 MiB"),
        (1024**3 - 1, "1.0 GiB"), (1536 * 1024**2, "1.5 GiB"), (1023.6 * 1024**2, "1.0 GiB"),
        (2**80, "1073741824 PiB"),
    ],
)  # fmt: skip
def test_bytes(count: float, shown: str) -> None:
    assert format_bytes(count) == shown


def test_seconds_and_counts() -> None:
    assert [format_seconds(s) for s in (-1, 4.4, 119, 121, 7300, 200_000)] == [
        "0 s", "4 s", "119 s", "2 min", "2 h", "2 d",
    ]  # fmt: skip
    assert [plural(n, "item") for n in (0, 1, 2000)] == ["0 items", "1 item", "2,000 items"]
