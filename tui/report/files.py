"""Putting a report where it is wanted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path

from core.journal.journal import run_folder
from core.report.model import Report
from tui.files import write_private


class Format(StrEnum):
    """In which form a report comes."""

    MARKDOWN = "md"
    JSON = "json"
    HTML = "html"


SUFFIXES: Mapping[str, Format] = {
    ".md": Format.MARKDOWN,
    ".markdown": Format.MARKDOWN,
    ".json": Format.JSON,
    ".html": Format.HTML,
    ".htm": Format.HTML,
}
"""Of a file's name, to the form that it asks for."""


def render(report: Report, form: Format) -> str:
    """The report in one form."""
    return _renderer(form)(report)


def _renderer(form: Format) -> Callable[[Report], str]:
    # Only what is asked for is loaded.
    match form:
        case Format.MARKDOWN:
            from tui.report.markdown import markdown

            return markdown
        case Format.JSON:
            from tui.report.as_json import json_text

            return json_text
        case Format.HTML:
            from tui.report.page import page

            return page


def keep(report: Report) -> Path:
    """Write the report as a page and as Markdown into the run's folder; the page's path.

    Raises UsageError.
    """
    folder = run_folder(report.run_id)
    for form in (Format.MARKDOWN, Format.HTML):
        write_private(folder / f"report.{form}", render(report, form), make_folder=True)
    return folder / f"report.{Format.HTML}"
