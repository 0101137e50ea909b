"""The report's three forms: right where the numbers are, and harmless whatever names say."""

import json
import re
import stat
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from core.errors import UsageError
from tests.tui.report.made import HOSTILE, hostile, item, many, report
from tui.files import write_private
from tui.report import charts
from tui.report.files import Format, render


class Elements(HTMLParser):
    """All start tags of a page, with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


# Harm


@pytest.mark.parametrize("form", [Format.MARKDOWN, Format.HTML])
def test_no_text_deceives_the_eye_or_the_terminal(form: Format) -> None:
    text = render(hostile(), form)
    assert all(c == "\n" or c.isprintable() for c in text)
    assert "gnp.exe" in text, "it is shown all the same"


def test_no_name_becomes_html() -> None:
    tags = {tag for tag, _ in Elements(render(hostile(), Format.HTML)).found}
    assert not tags & {"script", "b", "img", "iframe", "object", "link"}


def test_the_page_needs_nothing_else() -> None:
    page = render(hostile(), Format.HTML)
    assert "default-src 'none'" in page
    for tag, attributes in Elements(page).found:
        assert not {"src", "href", "style"} & attributes.keys(), tag
        assert not any(name.startswith("on") for name in attributes), tag
    assert not re.search(r"url\(|@import", page)


def test_no_name_becomes_markdown() -> None:
    text = render(hostile(), Format.MARKDOWN)
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    flat = [child for token in tokens for child in (token, *(token.children or ()))]
    assert not {"html_block", "html_inline", "link_open", "strong_open"} & {t.type for t in flat}
    assert [t.content for t in flat if t.tag == "h1" and t.nesting == 1] == [""]
    assert "# no" not in [t.content for t in flat if t.type == "inline"]
    rows = [line for line in text.splitlines() if line.startswith("|")]
    for row in rows:
        cells = re.findall(r"(?<!\\)\|", row)
        assert len(cells) in (3, 4, 6, 7, 9), row
    fences = [line for line in text.splitlines() if line.strip().startswith("```")]
    assert len(fences) % 2 == 0


def test_json_keeps_every_name_as_it_is() -> None:
    told = json.loads(render(hostile(), Format.JSON))
    assert told["format"] == 1
    assert told["items"][0]["name"] == HOSTILE


def test_a_name_that_no_encoding_has(tmp_path: Path) -> None:
    for form in Format:
        write_private(tmp_path / form, render(report(item("a\udcff", 0, 1, 2)), form))
        assert (tmp_path / form).read_text("utf-8")


# Charts


def test_a_bar_lies_where_its_time_is() -> None:
    chart = charts.timeline(report(item("a", 0, 10, 20), item("b", 20, 30, 39)))
    assert chart
    a, b = chart.lines
    assert [bar.kind for bar in a.bars] == ["staged", "down", "verified"]
    unit = charts.PLOT / 40
    assert [bar.x for bar in a.bars] == pytest.approx(
        [charts.LABEL, charts.LABEL + 10 * unit, charts.LABEL + 20 * unit], abs=0.01
    )
    assert [bar.width for bar in b.bars] == pytest.approx([10 * unit, 9 * unit, unit], abs=0.01)


def test_what_took_no_time_is_still_seen() -> None:
    chart = charts.timeline(report(item("a", 0, 5, 5), item("b", 0, 1, 100_000)))
    assert chart
    assert all(bar.width >= 2 for line in chart.lines for bar in line.bars)
    assert any(bar.kind == "down" for bar in chart.lines[0].bars)


def test_an_item_that_never_ended_lasts_until_the_charts_end() -> None:
    open_item = item("a", 0, 10, 20)
    times = replace(open_item.times, up_s=None, ended_s=None)
    chart = charts.timeline(
        report(replace(open_item, times=times, outcome=""), item("b", 0, 9, 49))
    )
    assert chart
    _, down = chart.lines[0].bars
    assert down.kind == "down"
    assert down.x + down.width == pytest.approx(charts.LABEL + charts.PLOT, abs=0.01)


@pytest.mark.parametrize("length", [0.0, 1e-6, 0.3, 1, 59, 61, 3600, 86_400, 86_400 * 30])
def test_an_axis_has_few_ticks_all_inside(length: float) -> None:
    chart = charts.downtimes(report(item("a", 0, 0, length)))
    assert chart
    assert 1 <= len(chart.ticks) <= 9
    assert all(charts.LABEL <= t.x <= charts.LABEL + charts.PLOT + 0.01 for t in chart.ticks)
    assert len({t.label for t in chart.ticks}) == len(chart.ticks)


def test_the_longest_downtime_is_first() -> None:
    chart = charts.downtimes(report(item("a", 0, 1, 2), item("b", 0, 1, 9), item("c", 0, None, 3)))
    assert chart
    assert [line.name for line in chart.lines] == ["b", "a"], "c was never down"


def test_a_run_without_items_has_a_page() -> None:
    assert charts.timeline(report()) is None
    assert "<h1>" in render(report(), Format.HTML)


def test_a_big_run_is_one_page() -> None:
    page = render(many(180), Format.HTML)
    groups = [a for tag, a in Elements(page).found if tag == "g" and a.get("class") == "item"]
    assert len(groups) == 2 * 180


# Files


def test_a_file_is_its_owners_and_whole_or_not_there(tmp_path: Path) -> None:
    path = tmp_path / "report.md"
    path.write_text("before")
    path.chmod(0o644)
    write_private(path, "after")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(UsageError, match="cannot be written"):
        write_private(tmp_path / "nosuch" / "report.md", "x")
    with pytest.raises(TypeError):
        write_private(path, None)  # type: ignore[arg-type]
    assert path.read_text() == "after"
    assert [p.name for p in tmp_path.iterdir()] == ["report.md"]
