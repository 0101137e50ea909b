"""Bytes from one host to another: pumped through this machine by the kernel, digests compared."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
import time
from collections.abc import Awaitable
from dataclasses import dataclass, field

from core.errors import PodferryError, TransferFailed
from core.migrate.context import whole
from core.podman.streams import Incoming, Outgoing, Receipt

_CHUNK_BYTES = 1024 * 1024
STALL_S = 300
"""A stream that moved no byte for so long is given up; a dump of much memory is silent first."""
_LOOK_S = 5.0
"""How often a stream is looked at for that."""


@dataclass(slots=True)
class Meter:
    """Counts the bytes of one stream; written by the pump's thread, read by the ticker."""

    done_bytes: int = 0
    total_bytes: int | None = None
    started: float = field(default_factory=time.monotonic)
    moved: float = field(default_factory=time.monotonic)
    """Monotonic time of the last byte."""


async def opened(
    outgoing: Awaitable[Outgoing], incoming: Awaitable[Incoming]
) -> tuple[Outgoing, Incoming]:
    """Open both ends at once; an end without the other is closed."""
    ends = await whole(asyncio.gather(outgoing, incoming, return_exceptions=True))
    out, into = ends
    if isinstance(out, BaseException) or isinstance(into, BaseException):
        for end in ends:
            if not isinstance(end, BaseException):
                await end.abort()
        raise next(end for end in ends if isinstance(end, BaseException))
    return out, into


async def transfer(outgoing: Outgoing, incoming: Incoming, meter: Meter) -> tuple[Receipt, Receipt]:
    """Move all bytes and compare both hosts' digests; both streams are ended either way.

    Raises TransferFailed when they differ or nothing moves, else what the streams raise: the
    failure of the end that gave up first, not the broken pipe that follows from it at the other.
    """
    pump = _start_pump(outgoing.fd, incoming.fd, meter)
    try:
        if await _watched(pump, meter):
            sent = await outgoing.finish()
            received = await incoming.finish()
        else:
            received = await incoming.finish()
            sent = await outgoing.finish()
    except BaseException:
        await _abort(pump, outgoing, incoming)
        raise
    if sent.sha256 != received.sha256:
        raise TransferFailed(
            "what arrived is not what was sent",
            detail=f"sha256 sent {sent.sha256[:16]}…, received {received.sha256[:16]}…",
        )
    return sent, received


def _start_pump(source: int, target: int, meter: Meter) -> asyncio.Future[bool]:
    """Pump in a thread of its own: the default pool has too few for long streams.

    It works on descriptors of its own too, so that closing the stream's never lets it touch
    another file that got the same number.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[bool] = loop.create_future()
    ends = os.dup(source), os.dup(target)

    def settle(result: bool | OSError) -> None:
        if isinstance(result, OSError):
            done.set_exception(result)
        else:
            done.set_result(result)

    def work() -> None:
        result: bool | OSError
        try:
            result = _pump(*ends, meter)
        except OSError as error:
            result = error
        for end in ends:
            os.close(end)
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(settle, result)

    thread = threading.Thread(target=work, name="pump", daemon=True)
    done.add_done_callback(lambda _: thread.join(1))
    thread.start()
    return done


async def _watched(pump: asyncio.Future[bool], meter: Meter) -> bool:
    while not pump.done():
        await asyncio.wait({pump}, timeout=_LOOK_S)
        if not pump.done() and time.monotonic() - meter.moved > STALL_S:
            raise TransferFailed(f"no byte has moved for {STALL_S} s", todo="Try again.")
    return pump.result()


async def _abort(pump: asyncio.Future[bool], outgoing: Outgoing, incoming: Incoming) -> None:
    for stream in (outgoing, incoming):
        with contextlib.suppress(PodferryError):
            await stream.abort()
    await asyncio.wait({pump})
    if not pump.cancelled():
        pump.exception()


def _pump(source: int, target: int, meter: Meter) -> bool:
    """Splice until the end; whether it was the sender's end, not the receiver going away."""
    try:
        while moved := os.splice(source, target, _CHUNK_BYTES):
            meter.done_bytes += moved
            meter.moved = time.monotonic()
    except BrokenPipeError:
        return False
    return True
