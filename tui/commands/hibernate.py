"""`podferry hibernate` and `podferry wake`: containers sleep over a reboot."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from core.errors import ItemBlocked, UsageError
from tui.commands.completing import hosts, items
from tui.commands.naming import find_item
from tui.commands.session import EXIT_NOT_ALL, EXIT_OK, fail, run, with_hosts
from tui.printing import printable

if TYPE_CHECKING:
    from core.podman.engine import Engine
    from core.podman.outcomes import Rest


@click.command()
@click.argument("host", required=False, shell_complete=hosts)
@click.argument("names", shell_complete=items, nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All that runs.")
@click.option("--unit", is_flag=True, help="Print a systemd unit that does it at each reboot.")
@click.option("--install", is_flag=True, help="Install that unit on HOST.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object; implies --yes.")
def hibernate(
    host: str | None,
    names: tuple[str, ...],
    everything: bool,
    unit: bool,
    install: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Let the items NAMES of HOST, or --all, sleep over a reboot: podferry wake wakes them.

    Each container is checkpointed where it is and stays there, stopped, with its files and
    volumes. Nothing starts it at boot before it is woken. One that cannot be checkpointed runs on.
    """
    ask = not (yes or as_json)
    if unit:
        _print_unit()
        return
    if host is None or (not install and bool(names) == everything):
        fail(UsageError("hibernate takes a HOST, and either NAMES or --all"))

    async def work(engine: Engine) -> int:
        if install:
            return await _install(engine, ask=ask)
        return await _hibernate(engine, names, ask=ask, as_json=as_json)

    sys.exit(run(lambda: with_hosts((host,), work)))


async def _hibernate(engine: Engine, names: Sequence[str], *, ask: bool, as_json: bool) -> int:
    from core.migrate.keep.sleep import hibernate as lay

    estate = await engine.estate()
    items = [find_item(estate, name) for name in names] or [i for i in estate.items if i.running]
    if idle := [item for item in items if not item.running]:
        raise ItemBlocked(
            f"it is {idle[0].state}, and only what runs can sleep",
            host=engine.label,
            item=idle[0].name,
        )
    if ask:
        told = ", ".join(item.name for item in items) or "nothing"
        click.echo(printable(f"{engine.label}: {told} will be checkpointed and stopped"))
        if not click.confirm("Go?"):
            return EXIT_NOT_ALL
    return _tell("hibernate", engine.label, await lay(engine, items), as_json=as_json)


@click.command()
@click.argument("host", shell_complete=hosts)
@click.option("--cold", is_flag=True, help="Start afresh what cannot be restored.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def wake(host: str, cold: bool, as_json: bool) -> None:
    """Wake all that sleeps on HOST, in the order in which containers need each other.

    Compares processes, listening sockets and restarts with what they were. What cannot be restored
    is left as it is, unless --cold starts it afresh; then its memory is lost.
    """

    async def work(engine: Engine) -> int:
        from core.migrate.keep.sleep import wake as rouse

        return _tell("wake", engine.label, await rouse(engine, cold=cold), as_json=as_json)

    sys.exit(run(lambda: with_hosts((host,), work)))


def _tell(event: str, host: str, rests: Sequence[Rest], *, as_json: bool) -> int:
    from core.podman.outcomes import RestOutcome

    if as_json:
        told = [
            {"id": r.id, "container": r.name, "outcome": r.outcome, "detail": r.detail}
            for r in rests
        ]
        click.echo(json.dumps({"event": event, "host": host, "containers": told}))
    elif not rests:
        click.echo(printable(f"nothing {'sleeps' if event == 'wake' else 'runs'} on {host}"))
    else:
        for rest in rests:
            why = f": {rest.detail}" if rest.detail else ""
            click.echo(printable(f"{rest.name}: {rest.outcome}{why}"))
    failed = any(rest.outcome is RestOutcome.FAILED for rest in rests)
    return EXIT_NOT_ALL if failed else EXIT_OK


def _print_unit() -> None:
    from core.migrate.keep.unit import FILES

    for file in FILES:
        click.echo(f"# {file.path}, mode {file.mode}\n{file.text}")


async def _install(engine: Engine, *, ask: bool) -> int:
    from core.migrate.keep.unit import NAME, commands

    click.echo(printable(f"On {engine.label}, as podferry hibernate --unit prints the files:"))
    for argv, _ in commands():
        click.echo(printable(f"  {shlex.join(argv)}"))
    click.echo("To undo: systemctl disable " + NAME + ", and delete the files.")
    if ask and not click.confirm("Go?"):
        return EXIT_NOT_ALL
    for argv, text in commands():
        await engine.act(argv, stdin=text.encode())
    return EXIT_OK
