"""Evidence for several who ask: one look at a host for all of them.

What a look costs a host is mostly that there is one: some ten processes, for one container as for
fifty.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Collection
from time import monotonic

from core.evidence.gather import Look, look
from core.podman.onlooker import Onlooker


class Looks:
    """Whoever asks while a look is under way has a part in the next, or takes that one.

    None waits for others who may come: the busier a host is, the longer a look takes, and the
    more share the next.
    """

    def __init__(self, engine: Onlooker, expected: Collection[str] = ()) -> None:
        """`expected` are IDs that will be asked for; until then, every look takes them along."""
        self._engine = engine
        self._expected = set(expected)
        self._wanted: set[str] = set()
        self._next: asyncio.Task[Look] | None = None
        self._last: asyncio.Task[Look] | None = None
        """The one that began last, unless it failed."""
        self._last_ids: frozenset[str] = frozenset()
        self._last_s = 0.0
        self._at_work = asyncio.Lock()

    async def look(self, ids: Collection[str], age_s: float = 0.0) -> Look:
        """See `look`: what is told was seen after this was called, or less than `age_s` before.

        Raises PodferryError.
        """
        own = frozenset(ids)
        self._expected -= own
        if self._last and own <= self._last_ids and monotonic() - self._last_s < age_s:
            shared = self._last
        else:
            shared = self._join(own)
        evidence, inspected = await asyncio.shield(shared)
        containers = {name: seen for name, seen in evidence.containers.items() if seen.id in own}
        return Look(
            dataclasses.replace(evidence, containers=containers),
            {ident: found for ident, found in inspected.items() if ident in own},
        )

    def _join(self, ids: frozenset[str]) -> asyncio.Task[Look]:
        self._wanted |= ids
        if self._next is None:
            self._next = asyncio.create_task(self._look())
            # Whoever gives up waiting takes it from nobody else; perhaps all do.
            self._next.add_done_callback(lambda done: done.cancelled() or done.exception())
        return self._next

    async def _look(self) -> Look:
        async with self._at_work:
            ids, self._wanted = frozenset(self._wanted | self._expected), set()
            self._last, self._next = self._next, None
            self._last_ids, self._last_s = ids, monotonic()
            try:
                return await look(self._engine, ids)
            except BaseException:
                self._last = None
                raise
