"""`podferry resume`: carry on with a run that was broken off."""

from __future__ import annotations

import json
import sys
from functools import partial
from typing import TYPE_CHECKING

import click

from core.errors import UsageError
from tui.commands.completing import run_items, runs
from tui.commands.session import EXIT_NOT_ALL, EXIT_OK, with_hosts
from tui.commands.session import run as do
from tui.plain import json_listener, text_listener
from tui.printing import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from core.attach.watching import Watched
    from core.journal.journal import JournalRun
    from core.migrate.events import Event
    from core.migrate.resume import Choice, Found, Resumed
    from core.podman.engine import Engine


@click.command()
@click.argument("run", required=False, shell_complete=runs)
@click.argument("names", shell_complete=run_items, nargs=-1)
@click.option("--forward", "wish", flag_value="forward", help="Move again what did not arrive.")
@click.option("--back", "wish", flag_value="back", help="Bring all back, even what runs there.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line; implies --yes.")
@click.option("-v", "--verbose", is_flag=True, help="Show steps and commands.")
def resume(
    run: str | None,
    names: tuple[str, ...],
    wish: str | None,
    yes: bool,
    as_json: bool,
    verbose: bool,
) -> None:
    """Bring what RUN left unfinished to an end, or NAMES in it; without RUN, the newest such run.

    Without any, settles single checkpoints that were broken off: their containers run as before.

    Looks at both hosts first. What is seen to run on the target is finished there; all else is
    taken back to the source, and moved again with --forward. A run whose process lives is followed
    to its end instead, after cancelling it with --back.
    Exit codes: 0 all came to an end; 1 some item did not, and the reason says what to do.
    """
    from core.journal.journal import Journal
    from core.migrate.resume import choose
    from core.migrate.truth import Direction

    async def work() -> int:
        running = await _under_way(run)
        if running is not None:
            emit = json_listener() if as_json else text_listener(verbose=verbose)
            return await _follow(running, emit, cancel=wish == Direction.BACK, as_json=as_json)
        if run is None and not _is_one_unfinished():
            return await _settle_checkpoints(ask=not (yes or as_json), as_json=as_json)
        journal = Journal.open(run or _newest())
        try:
            known = await journal.read()
            choice = choose(known, names, Direction(wish) if wish else None)

            async def both(old: Engine, new: Engine) -> tuple[Resumed, ...]:
                from core.migrate import resume

                if not as_json:
                    _show(await resume.find(known, old, new), choice, known)
                    if not yes and not click.confirm("Go?"):
                        sys.exit(EXIT_NOT_ALL)
                emit = json_listener() if as_json else text_listener(verbose=verbose)
                return await resume.resume(journal, old, new, choice, emit)

            done = await with_hosts((known.source, known.target), both) if choice else ()
            return _tell(known.id, done, as_json=as_json)
        finally:
            journal.close()

    sys.exit(do(work))


async def _under_way(run: str | None) -> Watched | None:
    """The run that is meant, if its process lives; without a name, only if none is unfinished."""
    from core.attach.watching import watch
    from core.journal.journal import run_ids

    if run is None and _is_one_unfinished():
        return None
    return await watch((run_ids() or [run])[-1] if run == "last" else run or "")


def _is_one_unfinished() -> bool:
    from core.journal.history import RunState, past_runs

    return any(past.state is RunState.UNFINISHED for past in past_runs())


async def _settle_checkpoints(*, ask: bool, as_json: bool) -> int:
    """Each on its host; one that is still being made is kept from others, and told as such."""
    from core.errors import PodferryError
    from core.migrate.keep.checkpoint import settle_on
    from core.migrate.keep.intents import open_intents

    left = [intent for intent in open_intents() if intent.host]
    if not left:
        _newest()
    if ask:
        for intent in left:
            what = f"{intent.name} on {intent.host}: a checkpoint of it was begun, and not ended"
            click.echo(printable(what))
        if not click.confirm("Settle?"):
            return EXIT_NOT_ALL
    told: list[dict[str, str | bool]] = []
    for intent in left:
        try:
            said, done = await with_hosts((intent.host,), partial(settle_on, intent=intent)), True
        except PodferryError as error:
            said, done = str(error), False
        told.append({"name": intent.name, "host": intent.host, "done": done, "told": said})
    if as_json:
        click.echo(json.dumps({"event": "resume", "checkpoints": told}))
    for one in [] if as_json else told:
        click.echo(printable(f"{one['name']} on {one['host']}: {one['told']}"))
    return EXIT_OK if all(one["done"] for one in told) else EXIT_NOT_ALL


async def _follow(
    running: Watched, emit: Callable[[Event], None], *, cancel: bool, as_json: bool
) -> int:
    from core.migrate.events import Cancel, Outcome
    from core.migrate.resume import Resumed

    if not as_json:
        click.echo(f"Run {running.run_id} goes on in a process of its own. Waiting for its end.")
    if cancel:
        running.tell(Cancel())
    running.subscribe(emit)
    plan, done = running.plan, []
    for result in await running.run():
        ended = result.outcome in (Outcome.MOVED, Outcome.FAILED)
        outcome = result.outcome if ended else Outcome.ROLLED_BACK
        host = {Outcome.MOVED: plan.target, Outcome.ROLLED_BACK: plan.source}.get(outcome, "")
        done.append(Resumed(result.name, outcome, running.run_id, host, result.reason))
    return _tell(running.run_id, done, as_json=as_json)


def _newest() -> str:
    from core.journal.history import RunState, past_runs

    for past in past_runs():
        if past.state is RunState.UNFINISHED:
            return past.id
        if past.state is RunState.UNREADABLE:
            click.echo(printable(f"podferry: passed over: {past.trouble}"), err=True)
    raise UsageError("no run is unfinished", todo="podferry runs lists all.")


def _show(found: tuple[Found, ...], choice: Choice, run: JournalRun) -> None:
    from core.migrate.truth import decide

    for one in found:
        if one.item.name in choice:
            way = decide(one.truth, choice[one.item.name])
            where = one.truth.where(run.source, run.target)
            click.echo(printable(f"{one.item.name}: {where}; {way}"))


def _tell(run_id: str, done: Sequence[Resumed], *, as_json: bool) -> int:
    from core.migrate.events import Outcome

    if as_json:
        items = [
            {
                "name": r.name,
                "outcome": r.outcome,
                "runs_on": r.runs_on,
                "run": r.run,
                "reason": r.reason,
            }
            for r in done
        ]
        click.echo(json.dumps({"event": "resume", "run": run_id, "items": items}))
    elif moved := dict.fromkeys(r.run for r in done if r.outcome is Outcome.MOVED):
        for other in moved:
            click.echo(f"Source copies are stopped and kept. podferry accept {other} gives them")
            click.echo(f"up, podferry rollback {other} brings the items back.")
    elif not done:
        click.echo(f"Nothing of run {run_id} is unfinished.")
    return EXIT_OK if all(r.outcome is not Outcome.FAILED for r in done) else EXIT_NOT_ALL
