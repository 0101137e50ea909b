"""`podferry ls`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from tui.commands.completing import hosts
from tui.commands.session import run, with_hosts
from tui.printing import is_plain, printable

if TYPE_CHECKING:
    from core.podman.engine import Engine
    from core.podman.model import Estate


@click.command()
@click.argument("host", shell_complete=hosts)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def ls(host: str, as_json: bool) -> None:
    """List the pods and containers of HOST."""

    async def work(engine: Engine) -> Estate:
        return await engine.estate()

    estate = run(lambda: with_hosts((host,), work))
    from tui.listing import estate_facts, estate_json, estate_lines

    if as_json:
        click.echo(json.dumps(estate_json(estate)))
        return
    for line in estate_facts(estate) if is_plain() else estate_lines(estate):
        click.echo(printable(line))
