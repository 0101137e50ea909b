"""How a run ended, read from its journal: for those who came when its process was gone."""

from __future__ import annotations

import asyncio
import time

from core.errors import RunLost
from core.journal.journal import JournalRun, is_under_way, read_run
from core.journal.lock import under_way
from core.migrate.events import ItemResult, Outcome, RunEnded
from core.podman.model import Kind, Route

_LETS_GO_S = 5
_LETS_GO_TRIES = 100


async def how_it_ended(run_id: str) -> RunEnded:
    """The end of a run. Raises RunLost if it has none, UsageError without a journal to read."""
    known = await _once_let_go(run_id)
    if not all(item.outcome for item in known.items):
        raise RunLost(
            "the process that carried the run out is gone",
            item=known.id,
            now="What was under way is as it stood then.",
            todo=f"podferry resume {known.id}",
        )
    results = tuple(
        ItemResult(
            i.name,
            Kind(i.kind),
            Route(i.route),
            Outcome(i.outcome),
            i.downtime_s,
            i.bytes,
            i.reason,
        )
        for i in known.items
    )
    return RunEnded(known.id, results, time.time())


async def _once_let_go(run_id: str) -> JournalRun:
    """What the journal says. Raises UsageError, also if somebody keeps working on the run."""
    # The kernel closes what a killed process held one by one: its sockets before its lock.
    for _ in range(_LETS_GO_TRIES):
        if not is_under_way(run_id):
            return read_run(run_id)
        await asyncio.sleep(_LETS_GO_S / _LETS_GO_TRIES)
    raise under_way(run_id)
