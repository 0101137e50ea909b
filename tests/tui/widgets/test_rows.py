from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.widgets.rows import Row, Span, Tone, bar, cell, changed_cells, spread, wrap, wrapped

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
tones = st.sampled_from(Tone)
ascii_rows = st.lists(
    st.builds(Span, st.text(st.characters(min_codepoint=32, max_codepoint=126)), tones)
).map(lambda spans: Row(tuple(spans)))


@given(texts, st.integers(0, 40), st.booleans())
def test_a_cell_is_exactly_as_wide_as_asked(text: str, width: int, right: bool) -> None:
    span = cell(text, width, right=right)
    assert cell_len(span.text) == width
    assert span.text.isprintable()


@given(texts, st.integers(2, 40))
def test_wrapped_lines_fit_and_lose_nothing(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert all(cell_len(line) <= width for line in lines)
    kept = "".join(lines).replace(" ", "")
    assert kept == "".join(wrap(text, 1000)).replace(" ", "")


def test_wrapping_keeps_an_indentation() -> None:
    assert wrap("    name: web", 20) == ["    name: web"]
    assert wrap("aa bb cc", 5) == ["aa bb", "cc"]
    assert wrap("abcdefgh", 3) == ["abc", "def", "gh"]


def test_wrapped_rows_are_indented_by_their_lead() -> None:
    rows = wrapped("aaaa bbbb cccc", 12, lead=[Span("! ")], key="k")
    assert [r.text for r in rows] == ["! aaaa bbbb", "  cccc"]
    assert {r.key for r in rows} == {"k"}


def test_lines_of_their_own_stay_apart() -> None:
    rows = wrapped("aaaa bbbb\n\ncccc", 20, lead=[Span("! ")])
    assert [r.text for r in rows] == ["! aaaa bbbb", "  ", "  cccc"]


@given(st.floats(-1, 2), st.integers(0, 50))
def test_a_bar_is_exactly_as_wide_as_asked(fraction: float, width: int) -> None:
    assert len("".join(bar(fraction, width))) == width


@given(texts, texts, st.integers(0, 60))
def test_both_ends_of_a_line_make_its_width(left: str, right: str, width: int) -> None:
    ends = [Span(cell(left, cell_len(cell(left, 20).text)).text)], [cell(right, 5)]
    line = Row(spread(*ends, width))
    assert cell_len(line.text) == max(width, 6)


def test_nothing_changed() -> None:
    assert changed_cells(Row((Span("ab"),)), Row((Span("a"), Span("b")))) is None


def test_a_changed_tone_is_a_change() -> None:
    assert changed_cells(Row((Span("ab"),)), Row((Span("a"), Span("b", Tone.BAD)))) == (1, 2)


@given(ascii_rows, ascii_rows)
def test_outside_the_changed_cells_rows_look_the_same(old: Row, new: Row) -> None:
    width = max(len(old.text), len(new.text))

    def characters(row: Row) -> list[tuple[str, Tone]]:
        seen = [(c, s.tone) for s in row.spans for c in s.text]
        return seen + [(" ", Tone.PLAIN)] * (width - len(seen))

    before, after = characters(old), characters(new)
    start, end = changed_cells(old, new) or (0, 0)
    assert before[:start] + before[end:] == after[:start] + after[end:]


def test_where_cells_are_not_characters_the_whole_row_is_painted() -> None:
    start, end = changed_cells(Row((Span("日本1"),)), Row((Span("日本2"),))) or (9, 0)
    assert start == 0
    assert end >= 5
