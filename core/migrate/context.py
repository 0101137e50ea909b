"""What the items of one run share: both hosts, the journal, and things that several items need."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

from core.errors import HostUnreachable, PodferryError
from core.evidence.looks import Looks
from core.evidence.watch import Watch
from core.journal.journal import Journal
from core.migrate.events import Event, StepOutcome
from core.migrate.undo import Undo, UndoKind, carry_out
from core.plan.model import ItemPlan, Plan, StepKind
from core.podman.engine import Engine

_T = TypeVar("_T")
PATIENCE_S = 90
"""How long an undo waits for a host to come back."""
_RETRY_S = 2.0
RETURNING = 4

Shared = tuple[UndoKind, str]
"""An image, a name of one, or a network that several items may need: how to take it back."""


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
        watch: Watch | None = None,
    ) -> None:
        """`watch` is how items are watched where they arrive; None: as this machine is set."""
        self.plan = plan
        self.source = source
        self.target = target
        self.journal = journal
        self.emit = emit
        self.patience_s = patience_s
        self.watch = watch or Watch.configured()
        self.source_looks = Looks(source, {i for item in plan.ready for i in item.container_ids})
        self.target_looks = Looks(target)
        self.returning = asyncio.Semaphore(RETURNING)
        """Items that go back at one time, whether or not they hold a slot of the run."""
        self.locks: dict[Shared, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.made: dict[Shared, int] = {}
        """What this run has brought to the target, and the journal's number of its undo."""
        self._wanted: dict[Shared, set[str]] = defaultdict(set)
        for item in plan.ready:
            for shared in _shared(item):
                self._wanted[shared].add(item.name)

    async def release(self, item: str) -> None:
        """Take back from the target what this run brought for this item and nobody else needs."""
        for shared, items in self._wanted.items():
            items.discard(item)
            if items or shared not in self.made:
                continue
            async with self.locks[shared]:
                undo = Undo(*shared)
                seq = await self.journal.intend(item, f"undo: {undo.kind} {undo.subject}")
                await carry_out(undo, self.source, self.target)
                await self.journal.settle(seq, StepOutcome.DONE)
                await self.journal.undone([self.made.pop(shared)])

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


def _shared(item: ItemPlan) -> Iterator[Shared]:
    for step in item.steps:
        if step.kind is StepKind.STAGE_IMAGE:
            # A name goes before its image: removing that would take all of its names along.
            yield from ((UndoKind.RELEASE_NAME, name) for name in step.names)
            yield UndoKind.RELEASE_IMAGE, step.subject
        elif step.kind is StepKind.MAKE_NETWORK:
            yield UndoKind.RELEASE_NETWORK, step.subject


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
