"""`podferry inspect`: what is inside a checkpoint archive."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.errors import PodferryError
from tui.commands.session import fail
from tui.printing import printable

if TYPE_CHECKING:
    from core.archive.inside import Inside

_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("file", type=_PATH)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("--files", is_flag=True, help="List each changed and each open file.")
@click.option("--compare", type=_PATH, metavar="FILE2", help="Say how another archive differs.")
def inspect(file: Path, as_json: bool, files: bool, compare: Path | None) -> None:
    """Tell what is inside the checkpoint archive FILE, without restoring it.

    Podferry's archives and those of `podman container checkpoint --export` are read, packed with
    zstd or gzip, or not at all. Values of environment variables are never shown, and what looks
    like a secret in a command line is masked.
    """
    from core.archive.reader import look_inside

    try:
        inside = look_inside(file)
        other = look_inside(compare) if compare else None
    except PodferryError as error:
        fail(error)
    if other:
        _tell_differences(inside, other, as_json=as_json)
    else:
        _tell(inside, files=files, as_json=as_json)


def _tell(inside: Inside, *, files: bool, as_json: bool) -> None:
    from tui.inside import masked, sections

    if as_json:
        import dataclasses

        click.echo(json.dumps({"event": "inspect", **dataclasses.asdict(masked(inside))}))
        return
    for number, section in enumerate(sections(inside, files=files)):
        if number:
            click.echo()
        click.echo(section.title)
        for line in section.lines:
            click.echo(f"  {printable(line)}")


def _tell_differences(first: Inside, second: Inside, *, as_json: bool) -> None:
    from core.archive.comparing import compare
    from tui.inside import difference_lines, masked

    found = compare(masked(first), masked(second))
    if as_json:
        told = [{"what": d.what, "first": d.first, "second": d.second} for d in found]
        names = {"first": first.archive, "second": second.archive}
        click.echo(json.dumps({"event": "compare", **names, "differences": told}))
        return
    for line in difference_lines(found) or ["They do not differ."]:
        click.echo(printable(line))
