"""`podferry accept` and `podferry rollback`: the two ends of a moved item."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import click

from core.errors import HostUnfit, HostUnreachable
from tui.commands.completing import run_items, runs
from tui.commands.session import EXIT_NOT_ALL, EXIT_OK, with_hosts
from tui.commands.session import run as do
from tui.plain import text_listener
from tui.printing import printable

if TYPE_CHECKING:
    from core.journal.journal import Journal, JournalItem, JournalRun
    from core.migrate.events import ItemResult
    from core.migrate.rollback import Offer
    from core.migrate.settle import Settlement
    from core.plan.model import Plan
    from core.podman.engine import Engine
    from core.podman.real import RealEngine


class _Chosen(NamedTuple):
    """What is to be settled."""

    run: JournalRun
    items: Sequence[JournalItem]
    journal: Journal

    @property
    def names(self) -> str:
        return ", ".join(item.name for item in self.items)


_DECIDE = {"accept": "accept", "rollback": "roll back"}
_Settle = Callable[..., Awaitable["list[Settlement]"]]
"""Takes what was chosen, the source, and the target if it can be reached."""

_UNVERIFIED = click.option(
    "--unverified", is_flag=True, help="Go on without evidence, or without a lost target."
)
_YES = click.option("--yes", is_flag=True, help="Do not ask.")
_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object; implies --yes.")


@click.command()
@click.argument("run", shell_complete=runs)
@click.argument("names", shell_complete=run_items, nargs=-1)
@_UNVERIFIED
@click.option("--volumes", is_flag=True, help="Delete the copies' named volumes too.")
@_YES
@_JSON
def accept(
    run: str, names: tuple[str, ...], unverified: bool, volumes: bool, yes: bool, as_json: bool
) -> None:
    """Give up the source copies of RUN (an ID, or `last`), or of NAMES in it.

    Refused while the target does not run them as they arrived. Units that would start them again
    are masked. Named volumes stay, unless told otherwise.
    """
    run = _meant(run, "accept")

    async def work(chosen: _Chosen, old: Engine, new: Engine | None = None) -> list[Settlement]:
        from core.migrate.settle import accept_items

        items, journal = chosen.items, chosen.journal
        return await accept_items(items, journal, old, new, unverified=unverified, volumes=volumes)

    def ask(chosen: _Chosen) -> None:
        also = " with their volumes" if volumes else ""
        _agree(f"{chosen.names}: delete the stopped copies on {chosen.run.source}{also}?")

    results = do(
        lambda: _settle("accept", run, names, work, unverified, None if yes or as_json else ask)
    )
    _tell("accept", run, results, as_json=as_json)


@click.command()
@click.argument("run", shell_complete=runs)
@click.argument("names", shell_complete=run_items, nargs=-1)
@click.option("--live/--old-state", default=True, help="Live is the default.")
@_UNVERIFIED
@_YES
@_JSON
def rollback(
    run: str, names: tuple[str, ...], live: bool, unverified: bool, yes: bool, as_json: bool
) -> None:
    """Bring the items of RUN (an ID, or `last`), or NAMES in it, back to their source.

    What runs on the target moves back live, with all that it did there. With --old-state it goes
    on from the moment at which it left, and what it did since is lost.
    """
    if unverified and live:
        raise click.UsageError("--unverified needs --old-state: nothing moves back live unseen.")

    run = _meant(run, "rollback")

    async def work(
        chosen: _Chosen, old: RealEngine, new: RealEngine | None = None
    ) -> list[Settlement]:
        from core.migrate.rollback import Way
        from core.migrate.settle import offers, roll_back

        asked = None if live else Way.OLD_STATE
        found = await offers(chosen.run, chosen.items, old, new, asked)
        if not (yes or as_json):
            for choice in found:
                click.echo(printable(_offered(choice)))
            if any(choice.way for choice in found):
                _agree(f"Roll back to {chosen.run.source}?")
        conduct = partial(_carry, old=old, new=new, quiet=as_json) if new else None
        return await roll_back(found, chosen.journal, old, new, conduct)

    results = do(lambda: _settle("rollback", run, names, work, unverified))
    _tell("rollback", run, results, as_json=as_json)


async def _settle(
    decision: str,
    run: str,
    names: tuple[str, ...],
    settle: _Settle,
    unverified: bool,
    ask: Callable[[_Chosen], None] | None = None,
) -> list[Settlement]:
    from core.journal.journal import Journal
    from core.migrate.settle import choose

    journal = Journal.open(run)
    try:
        known = await journal.read()
        chosen = _Chosen(known, choose(known, names, decision), journal)
        if not chosen.items:
            return []
        if ask:
            ask(chosen)

        async def work(*hosts: Engine) -> list[Settlement]:
            return await settle(chosen, *hosts)

        try:
            return await with_hosts((known.source, known.target), work)
        except (HostUnreachable, HostUnfit) as error:
            if error.host != known.target:
                raise
            if not unverified:
                now = f"It may run {chosen.names}, so nothing was done on {known.source}."
                raise dataclasses.replace(error, now=now) from error
            return await with_hosts((known.source,), work)
    finally:
        journal.close()


def _meant(run: str, decision: str) -> str:
    """ID of a run; `last` is the newest. Of a way back that is over, the run that it ended.

    Never an older one because nothing is left to settle of the newest: whoever says `last` twice
    would give up copies that nobody has thought of.
    """
    from core.journal.history import leads_back, past_runs
    from core.migrate.settle import choose

    if run != "last":
        return run
    runs = list(past_runs())
    for number, past in enumerate(runs):
        older = runs[number + 1 :]
        if past.run is None or choose(past.run, (), decision) or not leads_back(past.run, older):
            return past.id
    return "last"


def _tell(decision: str, run: str, results: list[Settlement], *, as_json: bool) -> None:
    if as_json:
        items = [dataclasses.asdict(result) for result in results]
        click.echo(json.dumps({"event": decision, "run": run, "items": items}))
    elif not results:
        click.echo(printable(f"{run}: nothing is left to {_DECIDE[decision]}"))
    for result in [] if as_json else results:
        word = "accepted" if decision == "accept" else f"back on its source{_how(result)}"
        lines = [word, result.reason] if result.done else [result.reason, _where(result)]
        text = "\n".join(filter(None, lines)).replace("\n", "\n  ")
        click.echo(printable(f"{result.name}: {text}"))
    sys.exit(EXIT_OK if all(result.done for result in results) else EXIT_NOT_ALL)


def _how(result: Settlement) -> str:
    if result.loss:
        return f": {result.loss}"
    return {"live": ", with all that it did since", "old_state": ", as it was"}.get(
        result.way or "", ""
    )


def _where(result: Settlement) -> str:
    return f"It runs on {result.runs_on}." if result.runs_on else "It was seen to run nowhere."


def _offered(choice: Offer) -> str:
    ways = {"live": "moves back live", "old_state": "goes back to its old state"}
    if choice.way == "live" and choice.loss:
        ways["live"] = "moves back by kube"
    lines = [ways[choice.way] if choice.way else "stays", choice.reason or choice.loss]
    return f"{choice.name}: " + "\n  ".join(filter(None, lines))


def _agree(question: str) -> None:
    if not click.confirm(printable(question)):
        sys.exit(EXIT_NOT_ALL)


async def _carry(
    plan: Plan, old: RealEngine, new: RealEngine, *, quiet: bool
) -> tuple[str, tuple[ItemResult, ...]]:
    """Carry a way back out in a process of its own, telling what happens as `move` does."""
    from core.attach.watching import Standby
    from core.migrate.runner import JOBS
    from tui.commands.ending import obey_signals

    standby = await Standby.start()
    standby.reach(new, old)
    running = standby.begin(plan, JOBS)
    obey_signals(running)
    if not quiet:
        running.subscribe(text_listener(verbose=False))
    return running.run_id, await running.run()
