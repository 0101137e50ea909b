"""Evidence for several who ask at the same time: one look at a host for all of them.

What a look costs a host is mostly that there is one: a process of podman and some fifty short ones,
for one container as for fifty.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Collection

from core.evidence.gather import Look, look
from core.podman.engine import Engine


class Looks:
    """Whoever asks while a look is under way has a part in the next."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._wanted: set[str] = set()
        self._next: asyncio.Task[Look] | None = None
        self._at_work = asyncio.Lock()

    async def look(self, ids: Collection[str]) -> Look:
        """See `look`: what is told was seen after this was called. Raises PodferryError."""
        self._wanted |= set(ids)
        if self._next is None:
            self._next = asyncio.create_task(self._look())
            # Whoever gives up waiting takes it from nobody else; perhaps all do.
            self._next.add_done_callback(lambda done: done.cancelled() or done.exception())
        evidence, inspected = await asyncio.shield(self._next)
        own = {name: seen for name, seen in evidence.containers.items() if seen.id in ids}
        return Look(
            dataclasses.replace(evidence, containers=own),
            {ident: found for ident, found in inspected.items() if ident in ids},
        )

    async def _look(self) -> Look:
        async with self._at_work:
            ids, self._wanted, self._next = self._wanted, set(), None
            return await look(self._engine, ids)
