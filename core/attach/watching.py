"""The other side: starting a run's process, and a run as its watchers have it."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Collection

from core.attach.ended import how_it_ended
from core.attach.meeting import reach_run, runs_with_socket
from core.attach.messages import Failure, HostRef, Hosts, Order, encode, receive
from core.errors import RunLost, UsageError
from core.evidence.watch import Watch
from core.hosts.ssh import SshTransport
from core.journal.journal import log_path, new_run_id
from core.logfile import open_log
from core.migrate.audience import Audience, Listener
from core.migrate.events import Cancel, Event, ItemResult, RunEnded, RunStarted
from core.plan.model import Plan
from core.podman.real.engine import RealEngine


class Watched:
    """A run in a process of its own. Leaving it does nothing to it."""

    outlives = True

    def __init__(
        self,
        run_id: str,
        plan: Plan,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        heard: tuple[Event, ...] = (),
    ) -> None:
        self.run_id = run_id
        self.plan = plan
        self._reader = reader
        self._writer = writer
        self._audience = Audience(heard)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """See Audience."""
        return self._audience.subscribe(listener)

    def tell(self, command: Cancel) -> None:
        """Ask the runner for a change of course."""
        self._writer.write(encode(command))

    async def begun(self) -> None:
        """Wait for the first event. Raises PodferryError if there is none."""
        while not self._audience.history:
            await self._hear()

    async def run(self) -> tuple[ItemResult, ...]:
        """Listen to the end of the run. Raises PodferryError, RunLost if its process has died."""
        try:
            while not (self._audience.history and isinstance(self._audience.history[-1], RunEnded)):
                await self._hear()
            # Its process lets go of both hosts before it lets go of its watchers.
            while await receive(self._reader) is not None:
                pass
            return self._audience.history[-1].results
        finally:
            self._writer.close()

    async def _hear(self) -> None:
        message = await receive(self._reader)
        if message is None:
            message = await self._end_in_journal()
        if isinstance(message, Failure):
            raise message.error()
        if not isinstance(message, Event):
            raise RunLost("its process said what nobody understands", item=self.run_id)
        self._audience.tell(message)

    async def _end_in_journal(self) -> RunEnded:
        """The process has gone without a word: perhaps the run is over all the same."""
        try:
            return await how_it_ended(self.run_id)
        except UsageError as error:
            raise RunLost(
                "the process that carries the run out is gone",
                item=self.run_id,
                detail=str(error),
                todo=f"Look at both hosts, and at {log_path()}.",
            ) from None


class Standby:
    """A run's process that waits for its order; it ends if the one who started it goes first."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def start(cls) -> Standby:
        """Start a process; it takes its time to load."""
        return cls(*await asyncio.open_unix_connection(sock=_start_process()))

    def reach(self, source: RealEngine, target: RealEngine) -> None:
        """Have it reach the hosts of these engines, without asking anybody."""
        self._writer.write(encode(Hosts(_refer(source), _refer(target))))

    def dismiss(self) -> None:
        """There will be no order: let it end."""
        self._writer.close()

    def begin(self, plan: Plan, jobs: int, watch: Watch | None = None) -> Watched:
        """Give the order; without `watch`, items are watched as this machine is set."""
        run_id = new_run_id()
        order = Order(run_id, plan, jobs, watch or Watch.configured())
        self._writer.write(encode(order))
        return Watched(run_id, plan, self._reader, self._writer)


def _start_process() -> socket.socket:
    """A connection to a new process that shares no terminal and no pipe with this one."""
    ours, theirs = socket.socketpair()
    try:
        log = open_log()
    except OSError:
        log = os.open(os.devnull, os.O_WRONLY)
    # Not asyncio's: that kills its child when this process's loop ends.
    subprocess.Popen(
        [sys.executable, "-P", "-m", "core.attach.process"],
        stdin=theirs.fileno(),
        stdout=subprocess.DEVNULL,
        stderr=log,
        start_new_session=True,
    )
    os.close(log)
    theirs.close()
    return ours


def _refer(engine: RealEngine) -> HostRef:
    transport = engine.transport
    master = transport.master_folder if isinstance(transport, SshTransport) else None
    return HostRef(engine.label, str(master or ""), engine.survey)


async def watch(run_id: str = "", hosts: Collection[str] = ()) -> Watched | None:
    """Come back to a run, or to the newest under way; None: there is none, or it is over.

    Where `hosts` are named, by their labels, only to one between these.
    """
    for known in [run_id] if run_id else runs_with_socket():
        if (found := reach_run(known)) is None:
            continue
        reader, writer = await asyncio.open_unix_connection(sock=found)
        first = await receive(reader)
        if isinstance(first, RunStarted) and _is_between(first.plan, hosts):
            return Watched(first.run_id, first.plan, reader, writer, (first,))
        writer.close()
    return None


def _is_between(plan: Plan, hosts: Collection[str]) -> bool:
    return not hosts or {plan.source, plan.target} == set(hosts)
