"""What the commands that keep and restore checkpoints share: a live line, and being broken off."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from core.migrate.events import Note, Progress
from tui.printing import printable
from tui.widgets.units import format_bytes

if TYPE_CHECKING:
    from core.migrate.events import Event

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def cancelled_by_signals() -> Iterator[None]:
    """Have Ctrl-C, and whatever else ends a process, cancel the task that this is called in."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    for number in _SIGNALS:
        loop.add_signal_handler(number, task.cancel if task else sys.exit)
    try:
        yield
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)


def live_listener() -> Callable[[Event], None]:
    """Prints notes as lines; on a terminal, progress as one line that the next one replaces."""
    live = sys.stdout.isatty()

    def listen(event: Event) -> None:
        match event:
            case Note():
                click.echo(("\r\x1b[K" if live else "") + printable(f"{event.item}: {event.text}"))
            case Progress() if live:
                click.echo("\r\x1b[K" + printable(_line(event)), nl=False)

    return listen


def end_line() -> None:
    """Clear the live line, so that what follows stands on its own."""
    if sys.stdout.isatty():
        click.echo("\r\x1b[K", nl=False)


def _line(event: Progress) -> str:
    of = f" of about {format_bytes(event.total_bytes)}" if event.total_bytes else ""
    rate = format_bytes(event.rate_bytes_s)
    return f"{event.item}: {format_bytes(event.done_bytes)}{of}, {rate}/s"
