"""Keeping listings of pods apart from dumps and restores, which Podman would deadlock.

`/pods/json` takes a pod's lock and then its containers' (Pod.Status in libpod), and so does a
pod's inspection; a checkpoint or restore of a container in a pod holds the container's lock and
asks for the pod's (Pod.InfraContainerID in exportCheckpoint). Seen with Podman 5.8.6 within
seconds. Podman processes of others can still do it; against those the dump has its watchdog.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

Pods = Sequence[Any]


class PodGate:
    """Lets dumps in together, and the listing only while there are none."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._dumps = 0
        self._seen: dict[str, Pods] = {}

    async def enter(self) -> None:
        """A dump or restore begins, as soon as no listing is under way."""
        async with self._turn:
            self._dumps += 1

    def leave(self) -> None:
        """It ended."""
        self._dumps -= 1

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """The time of one dump or restore."""
        await self.enter()
        try:
            yield
        finally:
            self.leave()

    async def pods(self, ask: Callable[[], Awaitable[Pods | None]], what: str = "listing") -> Pods:
        """What Podman says of the pods: asked if that is safe now, else as it was last seen."""
        if self._dumps:
            return self._seen.get(what, ())
        async with self._turn:
            # A question that is given up goes on in its thread: wait for its end all the same.
            asking = asyncio.ensure_future(ask())
            try:
                found = await asyncio.shield(asking)
                self._seen[what] = found or ()
            except asyncio.CancelledError:
                await asyncio.wait({asking})
                raise
            return self._seen[what]
