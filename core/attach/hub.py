"""Where the watchers of a run are served: each hears all of it, and may tell the runner."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from functools import partial

from core.attach.meeting import listening, same_user
from core.attach.messages import Message, encode, receive
from core.migrate.events import Cancel, Progress
from core.migrate.runner import Runner

_BACKLOG_BYTES = 256 * 1024
"""From this much on that a watcher has not read, it is spared the progress."""
_PARTING_S = 10
"""How long a watcher may take to read the rest, when all is over."""

_log = logging.getLogger(__name__)


class Hub:
    """The watchers of one run; none of them can hold it up."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._watchers: dict[asyncio.StreamWriter, asyncio.Task[None]] = {}

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Let watchers come meanwhile. Raises UsageError."""
        with listening(self._runner.run_id) as ears:
            server = await asyncio.start_unix_server(self._came, sock=ears)
            try:
                yield
            finally:
                server.close()

    def _came(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if same_user(writer.get_extra_info("socket")):
            self.add(reader, writer)
        else:
            writer.close()

    def add(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a watcher until it goes."""
        self._watchers[writer] = asyncio.create_task(self._serve(reader, writer))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        unsubscribe = self._runner.subscribe(partial(_send, writer))
        try:
            while (command := await receive(reader)) is not None:
                if isinstance(command, Cancel):
                    self._runner.tell(command)
        except ValueError:
            _log.warning("a watcher said what nobody understands")
        finally:
            unsubscribe()
            del self._watchers[writer]
            writer.close()

    def tell(self, message: Message) -> None:
        """Tell all watchers something that the runner cannot."""
        for writer in self._watchers:
            _send(writer, message)

    async def part(self) -> None:
        """Let the watchers read to the end, then leave them."""
        leaving = dict(self._watchers)
        for writer in leaving:
            writer.close()
        if leaving:
            await asyncio.wait(leaving.values(), timeout=_PARTING_S)


def _send(writer: asyncio.StreamWriter, message: Message) -> None:
    if writer.is_closing():
        return
    late = writer.transport.get_write_buffer_size() > _BACKLOG_BYTES
    if not (late and isinstance(message, Progress)):
        writer.write(encode(message))
