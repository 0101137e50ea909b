"""What the commands that carry a run out, or watch it, do on signals and say at its end."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from core.migrate.events import Cancel, ItemResult, Outcome
from tui.commands.session import EXIT_BLOCKED, EXIT_NOT_ALL, EXIT_OK

if TYPE_CHECKING:
    from core.attach.watching import Watched


def tell_end(results: Sequence[ItemResult], run_id: str, *, quiet: bool) -> int:
    """Say what can be done now, unless quiet; the exit code that fits the outcomes."""
    outcomes = {result.outcome for result in results}
    if not quiet and Outcome.MOVED in outcomes:
        click.echo(f"Source copies are stopped and kept. podferry accept {run_id} gives them up,")
        click.echo(f"podferry rollback {run_id} brings the items back.")
    if outcomes == {Outcome.MOVED}:
        return EXIT_OK
    return EXIT_BLOCKED if outcomes <= {Outcome.MOVED, Outcome.BLOCKED} else EXIT_NOT_ALL


def obey_signals(running: Watched) -> None:
    """Ctrl-C cancels all items, which then end on the source; other ends are only this process's.

    An orderly one: what it holds on this machine and on the hosts is let go of.
    """
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, running.tell, Cancel())
    for number in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, sys.exit, 128 + number)
