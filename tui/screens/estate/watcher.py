"""Keeps an eye on one host: events say when to look again, a slow poll is the backstop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType

from textual.message import Message

from core.errors import CommandFailed, DeadlineExceeded, PodferryError
from core.podman.engine import Engine
from core.podman.model import Estate
from tui.screens.estate.messages import (
    Connected,
    Connecting,
    EstateTaken,
    HostLost,
    Side,
    UsageTaken,
)

Listings = Mapping[str, Awaitable[Estate]]
"""By a host's label, a listing that is under way."""
NO_LISTINGS: Listings = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a host is asked, in seconds."""

    gap_s: float = 0.5
    """At least this long between two listings, however many events come."""
    large_gap_s: float = 2.0
    large_count: int = 1000
    """From this many containers on, the larger gap holds."""
    poll_s: float = 30.0
    usage_s: float = 10.0
    resubscribe_s: float = 5.0
    """Before another try to hear events, while listings still work."""
    reconnect_s: tuple[float, ...] = (5.0, 15.0, 60.0)
    """Before each try to reach a host again that was reached before; the last one repeats."""


class Watcher:
    """Watches one host and reports through `post`; it touches no widget."""

    def __init__(
        self,
        engine: Engine,
        side: Side,
        post: Callable[[Message], object],
        pace: Pace,
        first: Awaitable[Estate] | None = None,
    ) -> None:
        self._engine = engine
        self._side = side
        self._post = post
        self._pace = pace
        self._first = first
        """A listing that was begun while the app was loading. None: there is none, or no more."""
        self._stale = asyncio.Event()
        self._again = asyncio.Event()
        self._usage_due = asyncio.Event()
        self._failures: int | None = None
        """Failures since the host answered last. None: it never did."""
        self._wanted = asyncio.Event()
        self._wanted.set()

    def rest(self) -> None:
        """Ask no more, until `wake`: while another screen covers the estate nobody reads it.

        And a run in another process may dump meanwhile, beside which no pods must be listed (see
        PodGate, which knows only of its own process).
        """
        self._wanted.clear()

    def wake(self) -> None:
        """Look again, and go on watching."""
        if not self._wanted.is_set():
            self._wanted.set()
            self.refresh()

    def refresh(self) -> None:
        """Look again now; when the host is lost, try to reach it again."""
        self._again.set()
        self._stale.set()
        self._usage_due.set()

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            self._again.clear()
            self._post(Connecting(self._side))
            try:
                await self._watch()
            except Exception as error:
                self._post(HostLost(self._side, _cause(error)))
            await _set_or_late(self._again, self._patience())

    def _patience(self) -> float | None:
        """How long to wait for the operator. None: a host that never answered needs them."""
        if self._failures is None:
            return None
        waits = self._pace.reconnect_s
        self._failures += 1
        return waits[min(self._failures, len(waits)) - 1]

    async def _watch(self) -> None:
        await self._show_first()
        info = await self._engine.connect()
        self._failures = 0
        self._post(Connected(self._side, info))
        self._stale.set()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen())
            tasks.create_task(self._list())
            tasks.create_task(self._measure())

    async def _show_first(self) -> None:
        """Rows before all else; a listing of our own follows, with the ears open.

        If there are none, `connect` tells why.
        """
        first, self._first = self._first, None
        if first is not None:
            with suppress(PodferryError):
                self._post(EstateTaken(self._side, await first))

    async def _listen(self) -> None:
        while True:
            # A stream that breaks is no news yet: the next listing tells whether the host is lost.
            with suppress(PodferryError):
                async for _ in self._engine.changes():
                    self._stale.set()
            self._stale.set()
            await asyncio.sleep(self._pace.resubscribe_s)

    async def _list(self) -> None:
        while True:
            await _set_or_late(self._stale, self._pace.poll_s)
            await self._wanted.wait()
            self._stale.clear()
            estate = await self._engine.estate()
            self._post(EstateTaken(self._side, estate))
            large = estate.container_count >= self._pace.large_count
            await asyncio.sleep(self._pace.large_gap_s if large else self._pace.gap_s)

    async def _measure(self) -> None:
        while True:
            await self._wanted.wait()
            # Some hosts cannot measure; that takes nothing from what else they can do.
            with suppress(CommandFailed, DeadlineExceeded):
                self._post(UsageTaken(self._side, await self._engine.usage()))
            self._usage_due.clear()
            await _set_or_late(self._usage_due, self._pace.usage_s)


async def _set_or_late(event: asyncio.Event, seconds: float | None) -> None:
    """Wait until the event is set, or for so long."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


def _cause(error: BaseException) -> PodferryError:
    """What to tell the operator; a defect costs its pane, not the app."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, PodferryError):
        return error
    return PodferryError(
        "Podferry itself failed here",
        detail=f"{type(error).__name__}: {error}",
        todo="This is a defect: please report it.",
    )
