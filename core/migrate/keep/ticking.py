"""Telling how a stream goes, now and then."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from core.migrate.events import Event, Progress
from core.migrate.transfer import Meter

_TICK_S = 0.5


class Ticker:
    """One stream after the other, for the time of a context."""

    def __init__(self, name: str, emit: Callable[[Event], None]) -> None:
        self._name = name
        self._emit = emit
        self._meter: Meter | None = None
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._tick())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._task:
            self._task.cancel()

    def next_stream(self, total_bytes: int | None) -> Meter:
        """The meter of the stream that comes next."""
        self._meter = Meter(total_bytes=total_bytes)
        return self._meter

    def tell(self) -> None:
        """Tell now, as at a stream's end."""
        if self._meter is None or not self._meter.done_bytes:
            return
        done, total = self._meter.done_bytes, self._meter.total_bytes
        rate = done / max(time.monotonic() - self._meter.started, 0.001)
        # An estimate that was too low is none any more.
        known = total if total and total >= done else None
        eta = (known - done) / rate if known else None
        self._emit(Progress(self._name, done, known, rate, eta))

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK_S)
            self.tell()
