"""`podferry export`: items of a host as kube YAML."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tui.commands.completing import hosts, items
from tui.commands.naming import find_item
from tui.commands.session import EXIT_NOT_ALL, EXIT_OK, run, with_hosts
from tui.printing import printable

if TYPE_CHECKING:
    from core.migrate.keep.export import Exported
    from core.podman.engine import Engine


@click.command()
@click.argument("host", shell_complete=hosts)
@click.argument("names", shell_complete=items, nargs=-1, required=True)
@click.option(
    "-o",
    "folder",
    type=click.Path(path_type=Path),
    default=Path(),
    help="The folder for NAME.yaml; without it, this one.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def export(host: str, names: tuple[str, ...], folder: Path, as_json: bool) -> None:
    """Write the pods or containers NAMES of HOST as kube YAML that podman kube play reads.

    What podman kube generate drops or renames is repaired, and what YAML cannot carry is told.
    Only the owner can read the files: they hold environment variables in clear.
    """

    async def work(engine: Engine) -> int:
        from core.migrate.keep.export import export as exported

        estate = await engine.estate()
        items = dict.fromkeys(find_item(estate, name).name for name in names)
        told = []
        for one in await exported(engine, items):
            path = None if one.blocks else _write(folder, one)
            told.append(_object(one, path))
            if not as_json:
                for line in _lines(one, path):
                    click.echo(printable(line))
        if as_json:
            click.echo(json.dumps({"event": "export", "items": told}))
        return EXIT_OK if all(entry["file"] for entry in told) else EXIT_NOT_ALL

    sys.exit(run(lambda: with_hosts((host,), work)))


def _write(folder: Path, exported: Exported) -> Path:
    from core.migrate.keep.files import write_new

    path = folder / f"{exported.name}.yaml"
    head = [f"# {_play(exported, path.name)}"]
    head += [f"# Not carried over: {' '.join(loss.split())}" for loss in exported.losses]
    write_new(path, "\n".join([*map(printable, head), exported.repaired.yaml]).encode())
    return path


def _play(exported: Exported, file: str) -> str:
    from core.podman.commands import play_kube

    return shlex.join((*play_kube(exported.repaired.options)[:-1], file))


def _lines(exported: Exported, path: Path | None) -> list[str]:
    if path is None:
        return [f"{exported.name}: not exported", *(f"  {why}" for why in exported.blocks)]
    return [f"{path}", *(f"  not carried over: {loss}" for loss in exported.losses)]


def _object(exported: Exported, path: Path | None) -> dict[str, object]:
    return {
        "name": exported.name,
        "file": str(path) if path else "",
        "play": _play(exported, path.name) if path else "",
        "losses": list(exported.losses),
        "blocks": list(exported.blocks),
    }
