"""`podferry archives`: the kept checkpoints, whether they are whole, and which may go."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core.errors import PodferryError, UsageError
from tui.commands.session import EXIT_NOT_ALL, fail
from tui.printing import printable

if TYPE_CHECKING:
    from core.archive.library import Kept, Whole

_UNITS_D = {"h": 1 / 24, "d": 1.0, "w": 7.0}


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("--verify", is_flag=True, help="Hash each archive; exit code 1 if one has changed.")
@click.option("--prune", is_flag=True, help="Delete by --keep and --older-than, after asking.")
@click.option(
    "--keep", type=click.IntRange(min=0), help="With --prune: so many per container stay."
)
@click.option("--older-than", metavar="AGE", help="With --prune: only what is older, such as 30d.")
@click.option("--yes", is_flag=True, help="With --prune: do not ask.")
def archives(
    folder: Path | None,
    as_json: bool,
    verify: bool,
    prune: bool,
    keep: int | None,
    older_than: str | None,
    yes: bool,
) -> None:
    """List the kept checkpoints, newest first: those of the library, or of FOLDER.

    FOLDER may also be one archive. --prune deletes archives that Podferry has made, with the files
    that belong to them; an archive of plain Podman stays.
    """
    from core.archive import library

    try:
        found = library.archives_in(folder or library.folder())
        if prune:
            going = library.may_go(
                found, keep=keep, older_than_days=_days(keep, older_than), now_s=time.time()
            )
            _prune(going, as_json=as_json, yes=yes)
            return
        if keep is not None or older_than is not None:
            raise UsageError("--keep and --older-than are for --prune", todo="Add --prune.")
        states = [library.verify(kept) if verify else None for kept in found]
    except PodferryError as error:
        fail(error)
    _tell(found, states, as_json=as_json)
    if library.Whole.CHANGED in states:
        sys.exit(EXIT_NOT_ALL)


def _days(keep: int | None, older_than: str | None) -> float | None:
    """The age in days. Raises UsageError, also when there is no rule at all."""
    if older_than is None:
        if keep is None:
            raise UsageError(
                "--prune needs a rule", todo="Give --keep N, --older-than 30d, or both."
            )
        return None
    match = re.fullmatch(r"(\d{1,6})([hdw])", older_than)
    if not match:
        raise UsageError(f"{older_than} is no age", todo="Write 12h, 30d or 8w.")
    return int(match[1]) * _UNITS_D[match[2]]


def _prune(going: Sequence[Kept], *, as_json: bool, yes: bool) -> None:
    from core.archive.library import remove

    if not as_json:
        for line in archive_lines(going, [None] * len(going)) if going else ["Nothing is to go."]:
            click.echo(printable(line))
        if going and not yes:
            yes = click.confirm("Delete them?")
    for kept in going if yes else ():
        remove(kept)
    if as_json:
        told = [_object(kept, None) for kept in going]
        click.echo(json.dumps({"event": "prune", "deleted": yes, "archives": told}))
    elif going and not yes:
        sys.exit(EXIT_NOT_ALL)


def _tell(found: Sequence[Kept], states: Sequence[Whole | None], *, as_json: bool) -> None:
    if as_json:
        told = [_object(kept, whole) for kept, whole in zip(found, states, strict=True)]
        click.echo(json.dumps({"event": "archives", "archives": told}))
        return
    for line in archive_lines(found, states):
        click.echo(printable(line))


def archive_lines(found: Sequence[Kept], states: Sequence[Whole | None]) -> list[str]:
    """Archives as aligned lines."""
    from tui.widgets.units import format_bytes, format_seconds

    now_s = time.time()
    rows = [("CONTAINER", "HOST", "SIZE", "AGE", "BYTES ARE", "FILE")]
    for kept, whole in zip(found, states, strict=True):
        told = kept.sidecar
        rows.append(
            (
                kept.container or "?",
                told.host if told else "?",
                format_bytes(kept.bytes),
                format_seconds(now_s - kept.made_s),
                kept.trouble or (whole.value if whole else "-"),
                str(kept.path),
            )
        )
    widths = [max(len(printable(row[column])) for row in rows) for column in range(5)]
    return [
        "  ".join([*(printable(c).ljust(w) for c, w in zip(row, widths, strict=False)), row[5]])
        for row in rows
    ]


def _object(kept: Kept, whole: Whole | None) -> dict[str, Any]:
    told = kept.sidecar
    return {
        "archive": str(kept.path),
        "bytes": kept.bytes,
        "made_s": kept.made_s,
        "container": kept.container,
        "id": told.container.id if told else "",
        "pod": told.pod if told else "",
        "host": told.host if told else "",
        "image": told.image.name if told else "",
        "sha256": told.sha256 if told else "",
        "bytes_are": whole.value if whole else "",
        "trouble": kept.trouble,
    }
