"""`podferry checkpoint`: keep a container of any host as a file."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.errors import PodferryError
from tui.commands.completing import containers, hosts
from tui.commands.keeping import cancelled_by_signals, end_line, live_listener
from tui.commands.naming import find_containers
from tui.commands.session import EXIT_NOT_ALL, EXIT_OK, run, with_hosts
from tui.plain import json_listener
from tui.printing import printable
from tui.widgets.units import format_bytes

if TYPE_CHECKING:
    from core.migrate.keep.checkpoint import Kept, Wish
    from core.podman.engine import Engine


@click.command()
@click.argument("host", shell_complete=hosts)
@click.argument("name", shell_complete=containers)
@click.option(
    "-o",
    "output",
    type=click.Path(path_type=Path),
    help="The new file, or the folder for it; without it, the library of archives.",
)
@click.option("--leave-running", is_flag=True, help="Have it go on as soon as all is sent.")
@click.option("--tcp-established", is_flag=True, help="Dump open TCP connections too.")
@click.option("--file-locks", is_flag=True, help="Dump file locks too.")
@click.option("--volumes/--no-volumes", default=True, help="With their contents is the default.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def checkpoint(
    host: str,
    name: str,
    output: Path | None,
    leave_running: bool,
    tcp_established: bool,
    file_locks: bool,
    volumes: bool,
    as_json: bool,
) -> None:
    """Keep the container NAME of HOST, or each container of the pod NAME, as a file.

    Memory, changed files and volumes come to this machine; podferry restore brings them to life on
    any host. The container is stopped afterwards, and its own checkpoint stays on HOST, too. With
    --leave-running it is down until all is sent, so that memory and files belong together.

    Ctrl-C breaks it off: the container goes on, and no file stays.
    """
    from core.migrate.keep.checkpoint import Wish
    from core.podman.options import CheckpointOptions

    options = CheckpointOptions(tcp_established=tcp_established, file_locks=file_locks)
    wish = Wish(leave_running=leave_running, volumes=volumes, dump=options)

    async def work(engine: Engine) -> int:
        with cancelled_by_signals():
            return await _keep(engine, name, output, wish, as_json=as_json)

    sys.exit(run(lambda: with_hosts((host,), work)))


async def _keep(
    engine: Engine, name: str, output: Path | None, wish: Wish, *, as_json: bool
) -> int:
    from core.archive.library import place_for
    from core.migrate.keep.checkpoint import checkpoint as keep
    from core.migrate.keep.checkpoint import claimed

    item, containers = find_containers(await engine.estate(), name)
    emit = json_listener() if as_json else live_listener()
    current = name
    try:
        async with claimed(engine, item):
            for container in containers:
                current = container.name
                archive = place_for(output, container.name, alone=len(containers) == 1)
                kept = await keep(engine, container.id, archive, wish, emit)
                if as_json:
                    click.echo(json.dumps(_object(kept)))
                else:
                    end_line()
                    for line in _lines(kept, engine.label):
                        click.echo(printable(line))
    except asyncio.CancelledError:
        end_line()
        click.echo(printable(f"broken off: {current} runs on, and no file of it stays"), err=True)
        return EXIT_NOT_ALL
    except PodferryError:
        end_line()
        raise
    return EXIT_OK


def _lines(kept: Kept, host: str) -> list[str]:
    told = f"{kept.container}: {kept.archive} ({format_bytes(kept.sidecar.whole_bytes)})"
    lines = [told, *(f"  not in it: {loss}" for loss in kept.losses)]
    if kept.down_s is None:
        lines.append(f"  It is stopped on {host}; podman container restore brings it back there.")
    else:
        lines.append(f"  It runs on, after {kept.down_s:.1f} s.")
    return lines


def _object(kept: Kept) -> dict[str, object]:
    return {
        "event": "checkpoint",
        "container": kept.container,
        "archive": str(kept.archive),
        "bytes": kept.sidecar.whole_bytes,
        "sha256": kept.sidecar.sha256,
        "down_s": None if kept.down_s is None else round(kept.down_s, 3),
        "losses": list(kept.losses),
    }
