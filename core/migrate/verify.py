"""Looking again: what moved items are on their target, against what they were when they left."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import PodferryError
from core.evidence.asking import ask_all
from core.evidence.gather import gather, read_files
from core.evidence.kept import before_of, keep_compared
from core.evidence.model import Compared, Evidence, Verdict
from core.evidence.probe import Probe, from_labels
from core.evidence.rules import compare
from core.evidence.watch import Watch
from core.journal.journal import Journal, JournalItem
from core.migrate.events import Outcome
from core.migrate.explain import explain
from core.migrate.moved import Copy, look
from core.podman.engine import Engine
from core.podman.model import Inspection, Route

_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Verified:
    """One moved item."""

    name: str
    compared: tuple[Compared, ...]
    trouble: str = ""
    """Why it could not be compared; empty: it was."""

    @property
    def good(self) -> bool:
        """Whether it was compared, and nothing differs."""
        return not self.trouble and all(c.verdict is not Verdict.DIFFERENT for c in self.compared)


async def verify(
    items: Sequence[JournalItem], journal: Journal, source: Engine, target: Engine, watch: Watch
) -> tuple[Verified, ...]:
    """Look at each of the items, and keep how it compares now; a failure stays with its item.

    Files may have been written since by what runs: those are told as expected.
    """
    slots = asyncio.Semaphore(_AT_ONCE)

    async def one(item: JournalItem) -> Verified:
        async with slots:
            try:
                return await _verify(item, journal, source, target, watch)
            except PodferryError as error:
                return Verified(item.name, (), explain(error))

    return tuple(await asyncio.gather(*map(one, items)))


def verifiable(items: Sequence[JournalItem]) -> list[JournalItem]:
    """Those that have moved, and have not come back."""
    return [i for i in items if i.outcome == Outcome.MOVED and i.settled != "rolled_back"]


async def _verify(
    item: JournalItem, journal: Journal, source: Engine, target: Engine, watch: Watch
) -> Verified:
    before = await before_of(journal, item.name)
    if before is None:
        return Verified(item.name, (), "no evidence was kept of what it was")
    there = (await look(item, source, target)).target
    after = await observe(there, before, target, item, watch)
    compared = compare(before, after, Route(item.route))
    await keep_compared(journal, item.name, compared)
    return Verified(item.name, compared)


async def observe(
    there: Copy | None, before: Evidence, target: Engine, item: JournalItem, watch: Watch
) -> Evidence:
    """All that can be seen of the target's copy now. Raises PodferryError."""
    containers = there.containers if there else ()
    seen = await gather(target, [str(found["Id"]) for found in containers])
    met = await ask_all(_probes(containers, item.name, watch), target, seen)
    layer = item.route == Route.CHECKPOINT
    full = [
        await read_files(target, found, before.containers.get(name), layer=layer)
        for name, found in seen.containers.items()
    ]
    return dataclasses.replace(
        seen,
        containers={s.name: dataclasses.replace(s, probes=met.get(s.name, {})) for s in full},
    )


def _probes(containers: Sequence[Inspection], item: str, watch: Watch) -> tuple[Probe, ...]:
    labelled, _ = from_labels(sorted(containers, key=lambda found: str(found.get("Name"))))
    own = watch.of(item)
    names = {probe.name for probe in own}
    return (*(probe for probe in labelled if probe.name not in names), *own)
