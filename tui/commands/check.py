"""`podferry check`: what stands in the way of a move, before anything is done."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from tui.commands.completing import hosts, items
from tui.commands.naming import ROUTES, find_item
from tui.commands.session import EXIT_BLOCKED, EXIT_OK, run, with_hosts
from tui.printing import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from core.checks.facts import Facts
    from core.checks.verdicts import Report
    from core.migrate.canary import CanaryResult
    from core.podman.engine import Engine
    from core.podman.model import Item, Route


@click.command()
@click.argument("source", shell_complete=hosts)
@click.argument("target", shell_complete=hosts)
@click.argument("names", shell_complete=items, nargs=-1)
@click.option(
    "--route",
    type=click.Choice(ROUTES),
    default="auto",
    help="The route that must be free; auto takes what is advised.",
)
@click.option(
    "--canary",
    "with_canary",
    is_flag=True,
    help="Really checkpoint and restore a throwaway container; its result counts more.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def check(
    source: str,
    target: str,
    names: tuple[str, ...],
    route: str,
    with_canary: bool,
    as_json: bool,
) -> None:
    """Look whether the items NAMES, or all, can move from SOURCE to TARGET; changes nothing.

    Exit codes: 3 if one of NAMES is blocked, by the route that is asked for or advised; else 0.
    """

    async def work(old: Engine, new: Engine) -> int:
        from core.checks.survey import complete, refuse_same_host, survey
        from core.checks.verdicts import look
        from core.migrate.canary import canary
        from core.migrate.proof import outranked
        from core.podman.model import Route

        refuse_same_host(old.info, new.info)
        estate = await old.estate()
        named = [find_item(estate, name) for name in names]
        facts = await survey(old, new)
        for way in (Route.KUBE, Route.CHECKPOINT):
            facts = await complete(facts, old, {item.name: way for item in named})
        chosen = None if route == "auto" else Route(route)
        flown = await canary(old, new) if with_canary else None
        free = outranked(look(facts), flown) if flown else look(facts)
        marks = {item.name: chosen or free.advised(item.name) for item in named}
        report = outranked(look(facts, marks), flown) if flown else look(facts, marks)
        items = named or [seen.item for seen in facts.items.values()]
        if as_json:
            click.echo(json.dumps(_object(facts, report, items, flown)))
        else:
            for line in _lines(facts, report, items, chosen, flown, by_item=bool(named)):
                click.echo(printable(line))
        blocked = any(report.verdict(name, way).blocks for name, way in marks.items())
        return EXIT_BLOCKED if blocked else EXIT_OK

    sys.exit(run(lambda: with_hosts((source, target), work)))


def _object(
    facts: Facts, report: Report, items: Sequence[Item], flown: CanaryResult | None
) -> dict[str, object]:
    from tui.checking import canary_json, finding_json, host_json, item_json

    found = [*report.hosts, *(f for item in items for f in report.items.get(item.name, ()))]
    return {
        "event": "check",
        "source": host_json(facts.source),
        "target": host_json(facts.target),
        "findings": [finding_json(finding, facts) for finding in found],
        "items": [item_json(item, report) for item in items],
        "canary": canary_json(flown) if flown else None,
    }


def _lines(
    facts: Facts,
    report: Report,
    items: Sequence[Item],
    route: Route | None,
    flown: CanaryResult | None,
    *,
    by_item: bool,
) -> Iterator[str]:
    from tui.checking import (
        canary_lines,
        group_lines,
        host_lines,
        item_groups,
        item_lines,
        summary_lines,
    )

    for host in (facts.source, facts.target):
        yield from host_lines(host, report)
    if flown:
        yield from canary_lines(flown)
    yield ""
    if by_item:
        for item in items:
            yield from item_lines(item, report, route)
        return
    yield from group_lines(item_groups(report, route), facts)
    yield from summary_lines(items, report, route)
