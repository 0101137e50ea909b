"""`podferry restore`: a kept checkpoint comes to life."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.errors import ItemBlocked
from tui.commands.completing import hosts
from tui.commands.keeping import cancelled_by_signals, end_line, live_listener
from tui.commands.session import EXIT_NOT_ALL, EXIT_OK, run, with_hosts
from tui.plain import json_listener, printable

if TYPE_CHECKING:
    from core.migrate.keep.fitness import Subject
    from core.podman.engine import Engine, RestoreOptions


@click.command()
@click.argument("host", shell_complete=hosts)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--name", default="", help="Make a copy of it, under a new name.")
@click.option("--publish", multiple=True, help="Its ports now, as podman run takes them.")
@click.option("--pod", default="", help="The pod of HOST that it joins.")
@click.option("--tcp-established", is_flag=True, help="Restore open TCP connections.")
@click.option("--tcp-close", is_flag=True, help="Close the connections that it had.")
@click.option("--file-locks", is_flag=True, help="Take its file locks again.")
@click.option("--ignore-volumes", is_flag=True, help="Use the volumes that HOST has.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line; implies --yes.")
def restore(
    host: str,
    file: Path,
    name: str,
    publish: tuple[str, ...],
    pod: str,
    tcp_established: bool,
    tcp_close: bool,
    file_locks: bool,
    ignore_volumes: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Restore the archive FILE on HOST, after checking that it can be.

    It goes on from the moment of its checkpoint. Podferry's archives bring back changed files and
    volumes; those that podman container checkpoint --export has written, whatever Podman restores
    of them.
    """
    from core.podman.engine import RestoreOptions

    options = RestoreOptions(
        pod=pod,
        tcp_established=tcp_established,
        tcp_close=tcp_close,
        file_locks=file_locks,
        name=name,
        publish=publish,
    )

    async def work(engine: Engine) -> int:
        with cancelled_by_signals():
            return await _restore(
                engine, file, options, volumes=not ignore_volumes, ask=not yes, as_json=as_json
            )

    sys.exit(run(lambda: with_hosts((host,), work)))


async def _restore(
    engine: Engine,
    file: Path,
    options: RestoreOptions,
    *,
    volumes: bool,
    ask: bool,
    as_json: bool,
) -> int:
    from core.migrate.keep.restoring import examine, restore_archive

    found = await examine(engine, file, options, volumes=volumes)
    subject = found.subject
    if found.blocks:
        raise ItemBlocked("\n".join(found.blocks), host=engine.label, item=subject.name)
    if not as_json:
        for line in _lines(subject, found.doubts, options, engine.label):
            click.echo(printable(line))
        if ask and not click.confirm("Restore?"):
            return EXIT_NOT_ALL
    emit = json_listener() if as_json else live_listener()
    try:
        seen = await restore_archive(engine, found, emit)
    except asyncio.CancelledError:
        end_line()
        click.echo(printable(f"broken off: nothing of it stays on {engine.label}"), err=True)
        return EXIT_NOT_ALL
    finally:
        if not as_json:
            end_line()
    if as_json:
        told = {"event": "restore", "container": str(seen["Name"]), "id": str(seen["Id"])}
        click.echo(json.dumps({**told, "host": engine.label}))
    else:
        click.echo(printable(f"{seen['Name']} runs on {engine.label}"))
    return EXIT_OK


def _lines(
    subject: Subject, doubts: tuple[str, ...], options: RestoreOptions, host: str
) -> list[str]:
    as_what = f" as {options.name}" if options.name else ""
    made = f", {subject.made}" if subject.made else ""
    return [
        f"{subject.archive}: {subject.name}{made}, to {host}{as_what}",
        *(f"  {doubt}" for doubt in doubts),
    ]
