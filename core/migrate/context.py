"""What the items of one run share: both hosts, the journal, and things that several items need."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import TypeVar

from core.errors import HostUnreachable, PodferryError
from core.journal.journal import Journal
from core.migrate.events import Event
from core.plan.model import Plan, StepKind
from core.podman.engine import Engine

_T = TypeVar("_T")
PATIENCE_S = 90
"""How long an undo waits for a host to come back."""
_RETRY_S = 2.0

Shared = tuple[StepKind, str]
"""An image or network that several items may need."""


class Context:
    """One run's surroundings."""

    def __init__(
        self,
        plan: Plan,
        source: Engine,
        target: Engine,
        journal: Journal,
        emit: Callable[[Event], None],
        patience_s: float = PATIENCE_S,
    ) -> None:
        self.plan = plan
        self.source = source
        self.target = target
        self.journal = journal
        self.emit = emit
        self.patience_s = patience_s
        self.locks: dict[Shared, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.made: set[Shared] = set()
        """What this run has brought to the target."""
        self._wanted: dict[Shared, set[str]] = defaultdict(set)
        for item in plan.ready:
            for step in item.steps:
                if step.kind in (StepKind.STAGE_IMAGE, StepKind.MAKE_NETWORK):
                    self._wanted[step.kind, step.subject].add(item.name)

    async def release(self, item: str) -> None:
        """Remove from the target what this run brought for this item and nobody else needs."""
        for shared, items in self._wanted.items():
            items.discard(item)
            if items or shared not in self.made:
                continue
            async with self.locks[shared]:
                kind, subject = shared
                if kind is StepKind.STAGE_IMAGE:
                    await self.target.remove_image(subject)
                else:
                    await self.target.remove_network(subject)
                self.made.discard(shared)

    async def patiently(self, engine: Engine, action: Callable[[], Awaitable[_T]]) -> _T:
        """Do what must be done, waiting for a host that is out of reach to come back."""
        until = time.monotonic() + self.patience_s
        while True:
            try:
                return await action()
            except HostUnreachable:
                if time.monotonic() > until:
                    raise
            await asyncio.sleep(_RETRY_S)
            with contextlib.suppress(PodferryError):
                await engine.connect()


async def whole(work: Awaitable[_T]) -> _T:
    """Wait for an effect to its end, however often cancelled: one half seen cannot be undone."""
    task = asyncio.ensure_future(work)
    cancelled = False
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            cancelled = True
    if not cancelled:
        return task.result()
    if not task.cancelled():
        task.exception()
    raise asyncio.CancelledError
