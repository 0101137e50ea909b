"""The `podferry` command: without a subcommand it opens the app, with one it works headless."""

from __future__ import annotations

import asyncio
import json
import logging
import shutil
import sys
from collections.abc import Callable, Coroutine
from importlib import metadata
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from core.errors import (
    HostUnfit,
    HostUnreachable,
    ItemBlocked,
    NoSuchHost,
    NoSuchItem,
    PodferryError,
    UsageError,
)
from tui.plain import json_listener, printable, text_listener

if TYPE_CHECKING:
    from core.migrate.events import ItemResult
    from core.plan.model import Plan
    from core.podman.engine import Engine
    from core.podman.model import Estate
    from core.podman.real import RealEngine

EXIT_OK, EXIT_NOT_ALL, EXIT_USAGE, EXIT_BLOCKED, EXIT_UNREACHABLE = range(5)
_T = TypeVar("_T")
_log = logging.getLogger(__name__)


class _Commands(click.Group):
    """Whatever is no subcommand is a host: the app is opened on it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        own = {"--help", "-h", "--version"}
        if not args or (args[0] not in self.commands and args[0] not in own):
            args = ["open", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(metadata.version("podferry"), prog_name="podferry")
def main() -> None:
    """Move pods and containers between Podman hosts.

    podferry [SOURCE [TARGET]] opens the app; --demo opens it on two simulated hosts.

    A host is `local`, ssh://[user@]host[:port][/path/to/socket], an alias from ssh_config, or the
    name of a `podman system connection`.

    Exit codes: 0 all done; 1 some item did not move, and runs on the source; 2 wrong usage, or no
    such host or item; 3 blocked; 4 a host cannot be reached.
    """
    from tui.logfile import start_log

    start_log()


def _fail(error: PodferryError) -> NoReturn:
    click.echo(printable(f"podferry: {error}"), err=True)
    match error:
        case ItemBlocked():
            code = EXIT_BLOCKED
        case UsageError() | NoSuchHost() | NoSuchItem():
            code = EXIT_USAGE
        case HostUnreachable() | HostUnfit():
            code = EXIT_UNREACHABLE
        case _:
            code = EXIT_NOT_ALL
    sys.exit(code)


def _reach(*hosts: str) -> list[RealEngine]:
    """Engines for the hosts; ssh asks what it must on the terminal, if there is one."""
    from core.podman.real.reach import open_masters, reach

    if len(set(hosts)) < len(hosts):
        raise UsageError("source and target are the same host", todo="Name two different hosts.")
    engines = [reach(host) for host in hosts]
    failures = open_masters(engines, on_terminal=sys.stdin.isatty(), meanwhile=lambda: None)
    if failures:
        raise failures[0]
    return engines


def _run(work: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
    try:
        return asyncio.run(work())
    except PodferryError as error:
        _fail(error)
    except BrokenPipeError:
        raise
    except Exception as error:
        from tui.logfile import log_path

        _log.exception("podferry stopped")
        click.echo(printable(f"podferry: a defect: {error!r}. More is in {log_path()}"), err=True)
        sys.exit(EXIT_NOT_ALL)


async def _with_hosts(hosts: tuple[str, ...], work: Callable[..., Coroutine[Any, Any, _T]]) -> _T:
    engines = _reach(*hosts)
    try:
        await asyncio.gather(*(engine.connect() for engine in engines))
        return await work(*engines)
    finally:
        await asyncio.gather(*(engine.close() for engine in engines), return_exceptions=True)


@main.command("open", hidden=True)
@click.argument("source", required=False)
@click.argument("target", required=False)
@click.option("--demo", is_flag=True, help="Open two simulated hosts.")
@click.option("--jobs", type=click.IntRange(1, 16), default=4, help="Items at once.")
def open_app(source: str | None, target: str | None, demo: bool, jobs: int) -> None:
    """Open the app on SOURCE and TARGET."""
    if not demo and source is None and not shutil.which("podman"):
        if not (sys.stdin.isatty() and click.confirm("There is no Podman here. Open the demo?")):
            _fail(
                UsageError(
                    "no Podman on this machine, and no host was named",
                    todo="podferry SOURCE TARGET, or podferry --demo.",
                )
            )
        demo = True
    from tui.launch import launch

    try:
        code = launch(source or "local", target, demo=demo, jobs=jobs)
    except PodferryError as error:
        _fail(error)
    sys.exit(code)


@main.command()
@click.argument("host")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def ls(host: str, as_json: bool) -> None:
    """List the pods and containers of HOST."""

    async def work(engine: Engine) -> Estate:
        return await engine.estate()

    estate = _run(lambda: _with_hosts((host,), work))
    from tui.listing import estate_json, estate_lines

    if as_json:
        click.echo(json.dumps(estate_json(estate)))
        return
    for line in estate_lines(estate):
        click.echo(printable(line))


@main.command()
@click.argument("source")
@click.argument("target")
@click.argument("names", nargs=-1, required=True)
@click.option(
    "--route",
    type=click.Choice(["auto", "checkpoint", "kube"]),
    default="auto",
    help="checkpoint moves it live; kube stops it and plays it; auto takes what fits.",
)
@click.option("--jobs", type=click.IntRange(1, 16), default=4, help="Items at once.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line; implies --yes.")
@click.option("-v", "--verbose", is_flag=True, help="Show steps and commands.")
def move(
    source: str,
    target: str,
    names: tuple[str, ...],
    route: str,
    jobs: int,
    yes: bool,
    as_json: bool,
    verbose: bool,
) -> None:
    """Move the items NAMES from SOURCE to TARGET; the source copies stay, stopped."""

    async def work(old: Engine, new: Engine) -> int:
        from core.migrate.runner import Runner

        plan = await _plan(old, new, names, route)
        if not as_json:
            _show(plan)
            if plan.ready and not yes and not click.confirm("Go?"):
                return EXIT_NOT_ALL
        runner = Runner(plan, old, new, jobs=jobs)
        runner.subscribe(json_listener() if as_json else text_listener(verbose=verbose))
        _cancel_on_interrupt(runner)
        return _exit_code(await runner.run(), runner.run_id, quiet=as_json)

    sys.exit(_run(lambda: _with_hosts((source, target), work)))


def _cancel_on_interrupt(runner: Any) -> None:
    """Ctrl-C cancels all items, which then end on the source, running."""
    import signal

    from core.migrate.events import Cancel

    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(name, lambda: runner.tell(Cancel()))


async def _plan(old: Engine, new: Engine, names: tuple[str, ...], route: str) -> Plan:
    from core.plan.advice import advised_route
    from core.plan.planner import make_plan
    from core.plan.survey import refuse_same_host, survey
    from core.podman.model import Route

    refuse_same_host(old.info, new.info)
    estate = await old.estate()
    marks: dict[str, Route] = {}
    for name in names:
        item = estate.find(name)
        if item is None:
            raise _no_such_item(estate, name)
        chosen = Route(route) if route != "auto" else advised_route(item, old.info, new.info)
        marks[item.name] = chosen
    return make_plan(await survey(old, new, marks), marks)


def _no_such_item(estate: Estate, name: str) -> NoSuchItem:
    for item in estate.items:
        if any(name in (c.name, c.id) for c in item.containers):
            return NoSuchItem(
                f"{name} is a container of the pod {item.name}, which moves as one",
                host=estate.host,
                todo=f"Name the pod: {item.name}.",
            )
    import difflib

    close = difflib.get_close_matches(name, [item.name for item in estate.items], n=3)
    hint = f"Did you mean {', '.join(close)}?" if close else f"podferry ls {estate.host} lists all."
    return NoSuchItem(f"no pod or container named {name}", host=estate.host, todo=hint)


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
                f"{item.estimated_bytes / 2**20:.0f} MiB, down about "
                f"{item.estimated_downtime_s:.0f} s"
            )
        )
        for loss in item.losses:
            click.echo(printable(f"  not carried over: {loss}"))


def _exit_code(results: tuple[ItemResult, ...], run_id: str, *, quiet: bool) -> int:
    from core.migrate.events import Outcome

    outcomes = {result.outcome for result in results}
    if not quiet and Outcome.MOVED in outcomes:
        click.echo(f"Source copies are stopped and kept. podferry accept {run_id} gives them up,")
        click.echo(f"podferry rollback {run_id} brings the items back.")
    if outcomes == {Outcome.MOVED}:
        return EXIT_OK
    return EXIT_BLOCKED if outcomes <= {Outcome.MOVED, Outcome.BLOCKED} else EXIT_NOT_ALL


@main.command()
@click.argument("run")
@click.argument("names", nargs=-1)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object; implies --yes.")
def accept(run: str, names: tuple[str, ...], yes: bool, as_json: bool) -> None:
    """Give up the source copies of RUN (an ID, or `last`), or of NAMES in it."""
    _settle("accept", run, names, yes=yes, as_json=as_json)


@main.command()
@click.argument("run")
@click.argument("names", nargs=-1)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object; implies --yes.")
def rollback(run: str, names: tuple[str, ...], yes: bool, as_json: bool) -> None:
    """Bring the items of RUN (an ID, or `last`), or NAMES in it, back to their source.

    They go on from the moment at which they left: what they did on the target since is lost.
    """
    _settle("rollback", run, names, yes=yes, as_json=as_json)


def _settle(decision: str, run: str, names: tuple[str, ...], *, yes: bool, as_json: bool) -> None:
    from core.journal.journal import Journal
    from core.migrate.settle import Settlement, choose, settle

    async def work() -> list[Settlement]:
        journal = Journal.open(run)
        try:
            known = await journal.read()
            chosen = choose(known, names, decision)
            if chosen and not (yes or as_json):
                _confirm(decision, known.source, known.target, [item.name for item in chosen])

            async def both(old: Engine, new: Engine) -> list[Settlement]:
                return await settle(decision, chosen, journal, old, new)

            return await _with_hosts((known.source, known.target), both) if chosen else []
        finally:
            journal.close()

    results = _run(work)
    if as_json:
        items = [{"name": r.name, "done": r.done, "reason": r.reason} for r in results]
        click.echo(json.dumps({"event": decision, "run": run, "items": items}))
    for result in [] if as_json else results:
        word = "accepted" if decision == "accept" else "back on its source"
        lines = [word, result.reason] if result.done else [result.reason]
        click.echo(printable(f"{result.name}: " + "\n  ".join(filter(None, lines))))
    sys.exit(EXIT_OK if all(result.done for result in results) else EXIT_NOT_ALL)


def _confirm(decision: str, source: str, target: str, names: list[str]) -> None:
    what = (
        f"delete the stopped copies on {source}"
        if decision == "accept"
        else f"remove from {target} and run again on {source}, as they were when they left"
    )
    if not click.confirm(printable(f"{', '.join(names)}: {what}?")):
        sys.exit(EXIT_NOT_ALL)
