"""`podferry move`."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

import click

from core.errors import UsageError
from tui.commands.completing import hosts, items
from tui.commands.ending import obey_signals, tell_end
from tui.commands.naming import ROUTES, find_item, split_routes
from tui.commands.session import (
    EXIT_NOT_ALL,
    EXIT_OK,
    fail,
    reach_hosts,
    run,
    settings,
    with_engines,
)
from tui.commands.verify import PROBES
from tui.plain import json_listener, text_listener
from tui.printing import printable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from core.attach.watching import Standby
    from core.plan.model import Plan
    from core.podman.engine import Engine
    from core.podman.real import RealEngine


@click.command()
@click.argument("source", shell_complete=hosts)
@click.argument("target", shell_complete=hosts)
@click.argument("names", shell_complete=items, nargs=-1, required=True)
@click.option(
    "--route",
    type=click.Choice(ROUTES),
    default="auto",
    help="checkpoint moves it live; kube stops it and plays it; auto takes what fits.",
)
@click.option("--jobs", type=click.IntRange(1, 16), help="Items at once, by default 4.")
@click.option(
    "--dwell",
    type=click.FloatRange(0, 3600),
    envvar="PODFERRY_DWELL",
    default=30.0,
    metavar="SECONDS",
    help="Watch each item that long on the target (30); 0 compares it once.",
)
@PROBES
@click.option("--keep-different", is_flag=True, help="Leave there what is not as it was.")
@click.option("--detach", is_flag=True, help="Print the run's ID once it has begun, and end.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line; implies --yes.")
@click.option("-v", "--verbose", is_flag=True, help="Show steps and commands.")
def move(
    source: str,
    target: str,
    names: tuple[str, ...],
    route: str,
    jobs: int | None,
    dwell: float,
    probes: Path | None,
    keep_different: bool,
    detach: bool,
    yes: bool,
    as_json: bool,
    verbose: bool,
) -> None:
    """Move the items NAMES from SOURCE to TARGET; the source copies stay, stopped.

    An item that is not alive there as it was, or stops being so while it is watched, goes back.

    NAME=ROUTE gives a single item another route than --route.

    Ctrl-C cancels the run. It goes on when the terminal goes away: podferry attach.
    """
    from core.evidence.probe_file import read_probes
    from core.evidence.watch import Watch

    try:
        asked = split_routes(names, route)
        watch = Watch(dwell, probes=read_probes(probes), keep_different=keep_different)
    except UsageError as error:
        fail(error)

    at_once = jobs or settings().jobs

    async def work() -> int:
        from core.attach.watching import Standby

        # It loads while the hosts are reached, and reaches them while the plan is made.
        standby = await Standby.start()
        engines = reach_hosts(source, target)
        return await with_engines(engines, partial(move_by, standby))

    async def move_by(standby: Standby, old: RealEngine, new: RealEngine) -> int:
        standby.reach(old, new)
        plan = await _plan(old, new, asked)
        if not as_json:
            _show(plan)
            if plan.ready and not yes and not click.confirm("Go?"):
                standby.dismiss()
                return EXIT_NOT_ALL
        running = standby.begin(plan, at_once, watch)
        listener = json_listener() if as_json else text_listener(verbose=verbose)
        if detach:
            await running.begun()
            if as_json:
                running.subscribe(listener)
            else:
                click.echo(running.run_id)
            return EXIT_OK
        running.subscribe(listener)
        obey_signals(running)
        return tell_end(await running.run(), running.run_id, quiet=as_json)

    sys.exit(run(work))


async def _plan(old: Engine, new: Engine, asked: Mapping[str, str]) -> Plan:
    from core.checks.survey import complete, refuse_same_host, survey
    from core.checks.verdicts import look
    from core.plan.planner import make_plan
    from core.podman.model import Route

    refuse_same_host(old.info, new.info)
    estate = await old.estate()
    routes = {find_item(estate, name).name: route for name, route in asked.items()}
    facts = await survey(old, new, only=routes)
    report = look(facts)
    marks = {
        name: report.advised(name) if route == "auto" else Route(route)
        for name, route in routes.items()
    }
    return make_plan(await complete(facts, old, marks), marks)


def _show(plan: Plan) -> None:
    for item in plan.items:
        if item.blocks:
            click.echo(printable(f"{item.name}: blocked"))
            for reason in item.blocks:
                click.echo(printable(f"  {reason}"))
            continue
        click.echo(
            printable(
                f"{item.name}: {item.kind} by {item.route}, about "
                f"{item.estimated_bytes / 2**20:.0f} MiB, {_down(item.estimated_downtime_s)}"
            )
        )
        for loss in item.losses:
            click.echo(printable(f"  not carried over: {loss}"))


def _down(seconds: float) -> str:
    return f"down about {seconds:.0f} s" if seconds else "not down: it does not run"
