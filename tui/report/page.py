"""The report as one page of HTML that needs nothing else: no network, no script, no font."""

from __future__ import annotations

import base64
import hashlib
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined

from core.report.model import Report
from tui.report import charts, words
from tui.widgets.units import format_bytes, plural
from tui.widgets.words import clock_time, duration, escape, quote, rate


def page(report: Report) -> str:
    """All of it; text from outside is never read as HTML, and never turns the text around it."""
    style = resources.files("tui.report").joinpath("page.css").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            report=report,
            style=style,
            style_digest=digest,
            timeline=charts.timeline(report),
            downtimes=charts.downtimes(report),
        )
    )


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("tui.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "words": words,
        "charts": charts,
        "clock_time": clock_time,
        "duration": duration,
        "format_bytes": format_bytes,
        "plural": plural,
        "quote": quote,
        "rate": rate,
    }
    environment.filters["cut"] = _cut
    return environment


def _shown(value: object) -> object:
    """What the template prints, with characters that deceive the eye written out."""
    if isinstance(value, str) and not hasattr(value, "__html__"):
        return escape(value)
    return value


def _cut(name: str, length: int = 30) -> str:
    """A name that fits beside its bar; the whole one is in the bar's title and in the table."""
    shown = escape(name)
    return shown if len(shown) <= length else f"{shown[: length - 1]}…"
