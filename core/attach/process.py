"""The process of one run: `python -m core.attach.process`, with its first watcher on stdin.

It belongs to no terminal, asks nobody anything, and ends with its run.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import os
import signal
import socket
from collections.abc import Awaitable, Sequence
from pathlib import Path

from core.attach.hub import Hub
from core.attach.messages import Failure, HostRef, Hosts, Order, receive
from core.errors import PodferryError
from core.journal.journal import log_path
from core.logfile import start_log
from core.migrate.events import Cancel
from core.migrate.runner import Runner
from core.podman.real.engine import RealEngine
from core.podman.real.reach import reach

_log = logging.getLogger(__name__)


async def serve(first: socket.socket) -> None:
    """Do what the first watcher orders, and serve all that come; nothing if it goes first."""
    reader, writer = await asyncio.open_unix_connection(sock=first)
    # Engines load it when they need it; here there is time before.
    importlib.import_module("podman")
    hosts = await receive(reader)
    if not isinstance(hosts, Hosts):
        return
    engines = [_reach(host) for host in (hosts.source, hosts.target)]
    # While the plan is still being made; what goes wrong is told when the order has come.
    early = asyncio.ensure_future(_connect(engines))
    try:
        order = await receive(reader)
        if isinstance(order, Order):
            # A connection that had to wait may be none any more.
            connecting = _connect(engines) if early.done() else early
            await _carry_out(order, engines, connecting, reader, writer)
    finally:
        early.cancel()
        await asyncio.gather(early, *(e.close() for e in engines), return_exceptions=True)


def _reach(host: HostRef) -> RealEngine:
    spare = Path(host.master) if host.master else None
    return reach(host.name, spare_master=spare, known=host.survey)


async def _connect(engines: Sequence[RealEngine]) -> None:
    await asyncio.gather(*(engine.connect() for engine in engines))


async def _carry_out(
    order: Order,
    engines: Sequence[RealEngine],
    connecting: Awaitable[None],
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> None:
    source, target = engines
    runner = Runner(
        order.plan, source, target, jobs=order.jobs, run_id=order.run_id, watch=order.watch
    )
    hub = Hub(runner)
    hub.add(reader, writer)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, runner.tell, Cancel())
    try:
        await connecting
        async with hub.open():
            await runner.run()
    except PodferryError as error:
        hub.tell(Failure.of(error))
    except Exception as error:
        _log.exception("run %s", runner.run_id)
        what = f"a defect in Podferry, look at both hosts: {error!r}"
        hub.tell(Failure.of(PodferryError(what, todo=f"More is in {log_path()}.")))
    # Whoever sees the end may rely on it that nothing is left on the hosts.
    await asyncio.gather(*(e.close() for e in engines), return_exceptions=True)
    await hub.part()


def main() -> None:
    """Run until the run is over."""
    os.umask(0o077)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    start_log()
    try:
        asyncio.run(serve(socket.socket(fileno=0)))
    except Exception:
        _log.exception("the process of a run stopped")
        raise


if __name__ == "__main__":
    main()
