"""The page in a real browser: nothing on its console, nothing from outside, bars as long as times.

Skips where Chromium is not installed, unless PODFERRY_BROWSER_REQUIRED=1.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.tui.report.made import hostile, item, many, report
from tui.report import charts
from tui.report.files import Format, render

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--enable-logging=stderr",
    "--virtual-time-budget=5000",
    "--dump-dom",
]


@pytest.fixture(scope="module")
def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        reason = "chromium is not installed"
        if os.environ.get("PODFERRY_BROWSER_REQUIRED") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


def opened(chromium: str, folder: Path, page: str) -> tuple[str, list[str]]:
    """The page as the browser understood it, and what its console says."""
    path = folder / "page.html"
    path.write_text(page, "utf-8")
    done = subprocess.run(
        [chromium, *FLAGS, f"--user-data-dir={folder / 'profile'}", path.as_uri()],
        capture_output=True,
        text=True,
        check=True,
        timeout=110,
    )
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    return done.stdout, console


def bars(dom: str, chart: str) -> list[dict[str, str]]:
    """The bars of a chart, as the browser has them."""
    found = re.search(rf'(?s)<svg [^>]*class="{chart}".*?</svg>', dom)
    assert found
    return [r.attrib for r in ET.fromstring(found[0]).iter("rect")]  # noqa: S314 it is the page of this test


def test_the_charts_are_in_proportion_to_the_times(chromium: str, tmp_path: Path) -> None:
    made = report(item("a", 0, 10, 20), item("b", 20, 30, 39))
    dom, console = opened(chromium, tmp_path, render(made, Format.HTML))
    assert not console
    times = bars(dom, "timeline")
    assert [bar["class"] for bar in times] == ["staged", "down", "verified"] * 2
    unit = charts.PLOT / 40
    began = [(float(bar["x"]) - charts.LABEL) / unit for bar in times]
    assert began == pytest.approx([0, 10, 20, 20, 30, 39], abs=0.01)
    lasted = [float(bar["width"]) / unit for bar in times]
    assert lasted == pytest.approx([10, 10, 1, 10, 9, 1], abs=0.01)
    down = [float(bar["width"]) for bar in bars(dom, "downtimes")]
    assert down[1] / down[0] == pytest.approx(9 / 10, abs=0.001)


def test_a_big_run_opens(chromium: str, tmp_path: Path) -> None:
    dom, console = opened(chromium, tmp_path, render(many(180), Format.HTML))
    assert not console
    assert len(bars(dom, "timeline")) == 3 * 180
    assert len(bars(dom, "downtimes")) == 180


def test_hostile_names_do_nothing(chromium: str, tmp_path: Path) -> None:
    dom, console = opened(chromium, tmp_path, render(hostile(), Format.HTML))
    assert not console
    assert "<script" not in dom
    assert len(bars(dom, "timeline")) == 3


def test_what_a_page_must_not_do_would_be_seen(chromium: str, tmp_path: Path) -> None:
    bad = "<img src='http://127.0.0.1:1/x.png'><script>console.log(1)</script></body>"
    page = render(report(item("a", 0, 1, 2)), Format.HTML).replace("</body>", bad)
    _, console = opened(chromium, tmp_path, page)
    assert len(console) == 2, console
