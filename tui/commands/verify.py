"""`podferry verify`: whether what has moved is alive as it was; and `podferry probes`."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core.errors import UsageError
from tui.commands.completing import hosts, items, run_items, runs
from tui.commands.naming import find_item
from tui.commands.session import EXIT_NOT_ALL, EXIT_OK, with_hosts
from tui.commands.session import run as do
from tui.printing import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from core.evidence.model import Compared
    from core.journal.journal import JournalItem, JournalRun
    from core.migrate.verify import Verified
    from core.podman.engine import Engine

PROBES = click.option(
    "--probes",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File of probes, in place of the one in the configuration folder.",
)
_SIGNS = {"none": "-", "same": "=", "expected": "~", "different": "!"}


@click.command()
@click.argument("run", default="last", shell_complete=runs)
@click.argument("names", shell_complete=run_items, nargs=-1)
@PROBES
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def verify(run: str, names: tuple[str, ...], probes: Path | None, as_json: bool) -> None:
    """Compare what RUN has moved (an ID, or `last`) with what it was, or NAMES in it.

    Looks at the target anew: processes, sockets, files, probes and the rest. In the table, = is
    the same, ~ differs as a move makes it, ! is different, - was not seen.

    Exit codes: 0 nothing is different; 1 something is, or could not be compared.
    """
    from core.journal.journal import Journal

    async def work() -> tuple[Verified, ...]:
        from core.evidence.probe_file import read_probes
        from core.evidence.watch import Watch
        from core.migrate.verify import verify

        watch = Watch(probes=read_probes(probes))
        journal = Journal.open(run)
        try:
            known = await journal.read()
            items = _choose(known, names)

            async def look(old: Engine, new: Engine) -> tuple[Verified, ...]:
                return await verify(items, journal, old, new, watch)

            return await with_hosts((known.source, known.target), look)
        finally:
            journal.close()

    results = do(work)
    if as_json:
        click.echo(json.dumps({"event": "verify", "run": run, "items": [*map(_object, results)]}))
    else:
        for line in table(results):
            click.echo(printable(line))
    sys.exit(EXIT_OK if all(result.good for result in results) else EXIT_NOT_ALL)


def _choose(run: JournalRun, names: tuple[str, ...]) -> list[JournalItem]:
    from core.migrate.verify import verifiable

    found = verifiable(run.items)
    for name in names:
        if name not in [item.name for item in found]:
            raise UsageError(f"run {run.id} has moved no item {name}, or it has come back")
    return [item for item in found if not names or item.name in names]


def _object(result: Verified) -> dict[str, Any]:
    return {
        "name": result.name,
        "good": result.good,
        "trouble": result.trouble,
        "evidence": as_objects(result.compared),
    }


def as_objects(compared: Iterable[Compared]) -> dict[str, Any]:
    """Kind of evidence to how it compares."""
    told = {c.aspect.value: dataclasses.asdict(c) for c in compared}
    for found in told.values():
        del found["aspect"]
    return told


def differences(name: str, compared: Iterable[Compared]) -> list[str]:
    """A line for each kind that is not the same, as far as there is anything to say."""
    return [
        f"{name}: {c.aspect} {c.verdict}: {'; '.join(c.detail) or c.after}"
        for c in compared
        if c.verdict in ("different", "expected") and (c.detail or c.verdict == "different")
    ]


def table(results: tuple[Verified, ...]) -> list[str]:
    """A line per item, worst first, and below what is different."""
    from core.evidence.model import Aspect

    width = max([4, *(len(result.name) for result in results)])
    lines = ["item".ljust(width) + "  " + " ".join(aspect.value for aspect in Aspect)]
    for result in sorted(results, key=lambda r: (r.good, r.name)):
        told = {c.aspect: _SIGNS[c.verdict] for c in result.compared}
        cells = (told.get(aspect, "-").ljust(len(aspect.value)) for aspect in Aspect)
        lines.append(f"{result.name.ljust(width)}  {' '.join(cells)}".rstrip())
    for result in results:
        if result.trouble:
            lines.append(f"{result.name}: not compared: {result.trouble}")
        lines += differences(result.name, result.compared)
    return lines


@click.command()
@click.argument("host", shell_complete=hosts)
@click.argument("names", shell_complete=items, nargs=-1)
def probes(host: str, names: tuple[str, ...]) -> None:
    """Propose probes for the items of HOST, or NAMES, as a file for --probes.

    For published ports and healthchecks: they connect, and run what the healthcheck runs.
    """

    async def work(engine: Engine) -> str:
        from core.evidence.probe import propose
        from core.evidence.probe_file import to_toml
        from core.podman.model import Thing

        estate = await engine.estate()
        items = [find_item(estate, name) for name in names] or list(estate.items)
        found = []
        for item in items:
            ids = [c.id for c in item.containers] + ([item.infra_id] if item.infra_id else [])
            seen = await engine.inspect_all(Thing.CONTAINER, ids)
            # A pod's ports are its infra container's, which is none of its own.
            first = item.containers[0].name if item.containers else ""
            for probe in propose(seen.values()):
                known = any(probe.container == c.name for c in item.containers)
                found.append(
                    dataclasses.replace(
                        probe, item=item.name, container=probe.container if known else first
                    )
                )
        return to_toml(found)

    click.echo(do(lambda: with_hosts((host,), work)), nl=False)
