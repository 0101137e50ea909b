"""`podferry report`: a run as a document."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.errors import PodferryError
from tui.commands.completing import runs
from tui.commands.session import fail

if TYPE_CHECKING:
    from tui.report.files import Format


@click.command()
@click.argument("run", default="last", shell_complete=runs)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["md", "json", "html"]),
    help="By default as FILE's name ends, or md.",
)
def report(run: str, output: Path | None, form: str | None) -> None:
    """Tell what RUN (an ID, or `last`) moved: how, how long it was down, and what it took.

    Markdown, JSON, or one page of HTML that needs nothing else. A file is readable for its owner
    only: it holds names, and the commands that ran.
    """
    from core.report.read import read_report
    from tui.files import write_private
    from tui.report.files import render

    try:
        text = render(read_report(run), _form(form, output))
        if output is None:
            click.echo(text, nl=False)
        else:
            write_private(output, text)
    except PodferryError as error:
        fail(error)


def _form(form: str | None, output: Path | None) -> Format:
    from tui.report.files import SUFFIXES, Format

    if form is not None:
        return Format(form)
    if output is None:
        return Format.MARKDOWN
    found = SUFFIXES.get(output.suffix.lower())
    if found is None:
        raise click.UsageError(
            f"{output.name} does not end in one of {', '.join(SUFFIXES)}: name a --format"
        )
    return found
