"""Putting a report where it is wanted."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path

from core.errors import UsageError
from core.journal.journal import run_folder
from core.report.model import Report


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


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner reads, whole or not at all. Raises UsageError."""
    try:
        handle, beside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(beside).replace(path)
        except BaseException:
            Path(beside).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror or error}",
            todo="What was there before is as it was. Name another file.",
        ) from None


def keep(report: Report) -> Path:
    """Write the report as a page and as Markdown into the run's folder; the page's path."""
    folder = run_folder(report.run_id)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for form in (Format.MARKDOWN, Format.HTML):
        write_private(folder / f"report.{form}", render(report, form))
    return folder / f"report.{Format.HTML}"
