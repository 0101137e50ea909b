"""`podferry restore`: a kept checkpoint comes to life."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.errors import ItemBlocked, PodferryError
from tui.commands.completing import hosts
from tui.commands.keeping import cancelled_by_signals, end_line, live_listener
from tui.commands.session import EXIT_NOT_ALL, EXIT_OK, run, with_hosts
from tui.commands.verify import as_objects, differences
from tui.plain import json_listener
from tui.printing import printable

if TYPE_CHECKING:
    from core.evidence.model import Compared
    from core.migrate.keep.fitness import Subject
    from core.migrate.keep.restoring import Found
    from core.podman.engine import Engine
    from core.podman.model import Inspection
    from core.podman.options import RestoreOptions


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
    of them. What runs then is compared with what was seen when it was kept.

    Exit codes: 0 it runs, and nothing is different; 1 it does not, something is, or could not be
    compared.
    """
    from core.podman.options import RestoreOptions

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
    compared, trouble = await _compared(engine, found, seen)
    if as_json:
        told = {"event": "restore", "container": str(seen["Name"]), "id": str(seen["Id"])}
        evidence = {"evidence": as_objects(compared), "trouble": trouble}
        click.echo(json.dumps({**told, "host": engine.label, **evidence}))
    else:
        for line in _ended(str(seen["Name"]), engine.label, compared, trouble):
            click.echo(printable(line))
    bad = trouble or any(c.verdict == "different" for c in compared)
    return EXIT_NOT_ALL if bad else EXIT_OK


async def _compared(
    engine: Engine, found: Found, seen: Inspection
) -> tuple[tuple[Compared, ...], str]:
    """How it compares with what was kept, and why it could not be looked at."""
    from core.migrate.keep.comparing import compare_restored

    try:
        return await compare_restored(engine, found, seen), ""
    except PodferryError as error:
        return (), str(error)


def _ended(name: str, host: str, compared: tuple[Compared, ...], trouble: str) -> list[str]:
    lines = [f"{name} runs on {host}", *differences(name, compared)]
    if trouble:
        return [*lines, f"{name}: not compared with what it was: {trouble}"]
    if not compared:
        return [*lines, f"{name}: not compared: nothing is noted of what it was"]
    if any(c.verdict == "different" for c in compared):
        return [*lines, f"{name}: it runs, and is not as it was when it was kept"]
    return [*lines, f"{name}: as it was when it was kept"]


def _lines(
    subject: Subject, doubts: tuple[str, ...], options: RestoreOptions, host: str
) -> list[str]:
    as_what = f" as {options.name}" if options.name else ""
    made = f", {subject.made}" if subject.made else ""
    return [
        f"{subject.archive}: {subject.name}{made}, to {host}{as_what}",
        *(f"  {doubt}" for doubt in doubts),
    ]
