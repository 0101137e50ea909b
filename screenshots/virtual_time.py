"""Time that passes only when everything waits for it: the same pictures on any machine, soon.

`install` comes before all imports that take a clock with them, such as Textual's.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import queue
import secrets
import selectors
import threading
import time
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.migrate.transfer import Meter
    from core.podman.streams import Incoming, Outgoing, Receipt

START_S = 1_767_261_600.0
"""2026-01-01 10:00 UTC."""
_RATE_BYTES_S = 48 * 1024 * 1024
_QUANTUM_BYTES = 1024 * 1024
_LEAST_S = 1e-4
"""More than what floating point rounds away, or a timer would never be due."""

_passed_s = 0.0
# These keep the real clocks, which they took with them when they were imported.
_REAL = (queue, threading)


def install() -> None:
    """Stop the process's clocks, and have what is random count."""
    os.environ["TZ"] = "UTC"
    time.tzset()
    strftime, numbers = time.strftime, itertools.count(1)
    time.monotonic = time.perf_counter = lambda: _passed_s
    time.time = lambda: START_S + _passed_s
    # Textual takes the share of the processor as a sign that there is still work to do.
    time.process_time = lambda: 0.0
    time.strftime = lambda form, t=None: strftime(form, t or time.localtime(time.time()))
    secrets.token_hex = lambda count=32: f"{next(numbers):0{2 * count}x}"


class _Selector(selectors.DefaultSelector):
    """In place of waiting it lets time pass."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        global _passed_s  # noqa: PLW0603 the clock of a process is global
        ready = super().select(None if timeout is None else 0)
        if not ready and timeout:
            _passed_s += max(timeout, _LEAST_S)
        return ready


class _Loop(asyncio.SelectorEventLoop):
    """Does at once what would be done in threads."""

    def __init__(self) -> None:
        super().__init__(_Selector())

    def run_in_executor(  # type: ignore[override]
        self, executor: object, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run the work to its end."""
    from core.migrate import item
    from core.simulated.pipes import PipeEnd

    async def wait(end: PipeEnd) -> None:
        end._thread.join()  # noqa: SLF001
        end._done.set()  # noqa: SLF001

    item.transfer = _transfer
    PipeEnd.wait = wait  # type: ignore[method-assign]
    with asyncio.Runner(loop_factory=_Loop) as runner:
        runner.run(work)


async def _transfer(
    outgoing: Outgoing, incoming: Incoming, meter: Meter
) -> tuple[Receipt, Receipt]:
    """Like core's own, but at a rate and without a thread."""
    left = 0
    while not left:
        left = _QUANTUM_BYTES
        while left and (moved := os.splice(outgoing.fd, incoming.fd, left)):
            left -= moved
            meter.done_bytes += moved
        await asyncio.sleep((_QUANTUM_BYTES - left) / _RATE_BYTES_S)
    return await outgoing.finish(), await incoming.finish()
