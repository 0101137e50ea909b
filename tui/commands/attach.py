"""`podferry attach`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from core.errors import UsageError
from tui.commands.completing import runs
from tui.commands.session import EXIT_OK, settings_for_app
from tui.commands.session import run as do
from tui.plain import json_listener, text_listener
from tui.printing import is_plain

if TYPE_CHECKING:
    from core.attach.watching import Watched
    from core.migrate.events import RunEnded
    from tui.config import Config


@click.command()
@click.argument("run", default="", shell_complete=runs)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, as of `move`.")
def attach(run: str, as_json: bool) -> None:
    """Come back to RUN (an ID, or `last`), by default the newest that is under way.

    In a terminal its screen is opened, or with --plain its events are told as `move` tells them;
    else they are told from the first on, as with --json.
    Leaving it does nothing to the run. Of a run that is over, the end is told.
    """
    on_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    as_json = as_json or not (on_terminal or is_plain(asked=True))
    config = settings_for_app()
    sys.exit(do(lambda: _attach(run, config, as_json=as_json)))


async def _attach(run_id: str, config: Config, *, as_json: bool) -> int:
    from core.attach.watching import watch
    from core.journal.journal import run_ids

    if run_id == "last":
        run_id = (run_ids() or [run_id])[-1]
    running = await watch(run_id)
    if running is not None:
        if as_json or is_plain(asked=True):
            return await _listen(running, as_json=as_json)
        return await _open(running, config)
    if run_id:
        from core.attach.ended import how_it_ended

        return _tell(await how_it_ended(run_id), as_json=as_json)
    raise UsageError(
        "no run is under way",
        todo="podferry attach last tells how the newest one ended." if run_ids() else "",
    )


async def _listen(running: Watched, *, as_json: bool) -> int:
    from tui.commands.ending import tell_end

    running.subscribe(json_listener() if as_json else text_listener(verbose=False))
    return tell_end(await running.run(), running.run_id, quiet=as_json)


async def _open(running: Watched, config: Config) -> int:
    from tui.commands.ending import tell_end
    from tui.run_app import RunApp

    app = RunApp(running, config)
    await app.run_async()
    if app.results is None:
        return EXIT_OK
    return tell_end(app.results, running.run_id, quiet=False)


def _tell(end: RunEnded, *, as_json: bool) -> int:
    from core.migrate.events import ItemEnded
    from tui.commands.ending import tell_end

    events = [end] if as_json else [ItemEnded(result, end.at_s) for result in end.results]
    listener = json_listener() if as_json else text_listener(verbose=False)
    for event in events:
        listener(event)
    return tell_end(end.results, end.run_id, quiet=as_json)
