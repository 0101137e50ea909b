"""How a run ended, read from its journal: for those who came when its process was gone."""

from __future__ import annotations

import time

from core.errors import RunLost
from core.journal.journal import Journal
from core.migrate.events import ItemResult, Outcome, RunEnded
from core.podman.model import Kind, Route


async def how_it_ended(run_id: str) -> RunEnded:
    """The end of a run. Raises RunLost if it has none, UsageError without a journal to read."""
    journal = Journal.open(run_id)
    try:
        known = await journal.read()
    finally:
        journal.close()
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
