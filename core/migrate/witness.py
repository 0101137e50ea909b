"""Watching one item: what it was on its source, and whether it is alive where it arrives.

Nothing here lengthens the downtime. What can be seen while the source runs is taken before the
freeze, beside the steps that stage; the files that count are those that the source's copy was left
with, and they are read when the target serves already.
"""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Callable, Iterable, Mapping

from core.errors import CommandFailed, HostUnreachable, PodferryError
from core.evidence.asking import ask, ask_all
from core.evidence.gather import Look, read_files
from core.evidence.kept import before_of, keep_before, keep_compared
from core.evidence.model import Aspect, Compared, Evidence, ProbeSeen, Verdict
from core.evidence.probe import Probe, from_labels
from core.evidence.rules import compare, grave
from core.migrate.context import Context
from core.plan.model import ItemPlan
from core.podman.engine import Engine
from core.podman.model import Inspection, Route, Thing

_AT_ONCE = (Aspect.STATE, Aspect.RESTARTS)
"""What one look is enough for; the rest may have been caught at a bad moment, and is looked at
twice."""
_BEFORE_S = 10.0
"""How long before an item begins its source may have been looked at. It is seconds to minutes
before its freeze anyway, and of many small items several begin in this time."""


class Witness:
    """The evidence of one item on its way."""

    def __init__(self, plan: ItemPlan, context: Context) -> None:
        self._plan = plan
        self._context = context
        self._before: Evidence | None = None
        self._probes: tuple[Probe, ...] | None = None
        """None: nobody has looked for them yet."""
        self._task: asyncio.Task[None] | None = None
        self._trouble = ""
        self.silence = ""
        """Which probe has not answered."""

    @property
    def watches(self) -> bool:
        """Whether there is anything to watch: a way back ends where all has been before."""
        return not self._context.plan.way_back

    def begin(self) -> None:
        """Look at the source, while the run stages what the item needs."""
        if self.watches:
            self._task = asyncio.create_task(self._look_before())

    def end(self) -> None:
        """Stop looking at the source, if that goes on."""
        if self._task:
            self._task.cancel()

    async def seen_before(self) -> None:
        """Wait until the source has been looked at; it is about to be taken down."""
        if self._task:
            await asyncio.wait({self._task})
            if self._task.done() and not self._task.cancelled():
                self._task.result()

    async def _look_before(self) -> None:
        """What cannot be seen is told later: the move does not fail for it."""
        source, name = self._context.source, self._plan.name
        try:
            seen = await self._context.source_looks.look(self._plan.container_ids, _BEFORE_S)
            self._before = await self._asked(source, seen)
            await keep_before(self._context.journal, name, self._before)
        except PodferryError as error:
            self._trouble = f"{source.label} could not be looked at: {error.what}"

    async def _asked(self, engine: Engine, seen: Look) -> Evidence:
        """The evidence with what its probes meet; of what does not run nothing is asked."""
        if not self._plan.was_running:
            return seen.evidence
        if self._probes is None:
            self._probes = self._known_probes(seen.inspected.values())
        return with_probes(seen.evidence, await ask_all(self._probes, engine, seen.evidence))

    def _known_probes(self, inspected: Iterable[Inspection]) -> tuple[Probe, ...]:
        """Those of labels, and those of the operator's file, which win."""
        ordered = sorted(inspected, key=lambda found: str(found.get("Name")))
        labelled, troubles = from_labels(ordered)
        self._trouble = "; ".join(troubles)
        own = self._context.watch.of(self._plan.name)
        names = {probe.name for probe in own}
        return (*(probe for probe in labelled if probe.name not in names), *own)

    async def answers(self) -> bool:
        """Whether a probe that was good before is good on the target; without one, it lives."""
        before = self._before
        good = [p for p in self._probes or () if before and was_good(before, p)]
        if before is None or not good:
            return True
        there = await self._there(before)
        seen = [await ask(probe, self._context.target, there) for probe in good]
        if any(told.ok for told in seen):
            return True
        told = "; ".join(f"{p.name}: {s.said}" for p, s in zip(good, seen, strict=True))
        self.silence = f"no probe is good ({told})"
        return False

    async def _there(self, before: Evidence) -> Evidence:
        """Which containers the target has of it: played ones have new IDs."""
        if self._plan.route is Route.CHECKPOINT:
            return before
        target = self._context.target
        found = await target.inspect_all(Thing.CONTAINER, before.containers.keys())
        seen = {
            name: dataclasses.replace(container, id=str(found[name]["Id"]))
            for name, container in before.containers.items()
            if name in found
        }
        return dataclasses.replace(before, containers=seen)

    async def watch(self, note: Callable[[str], None]) -> str:
        """Watch it for the dwell, then compare all; what there is to tell.

        Raises CommandFailed, with what was seen, if it is not alive as it was.
        """
        before = self._before or await before_of(self._context.journal, self._plan.name)
        if self._trouble:
            note(self._trouble)
        if before is None:
            note("it was not compared: nothing is known of what it was")
            return ""
        try:
            frozen = asyncio.create_task(self._with_files(self._context.source, before, None))
            try:
                after = await self._dwell(before)
                before = await frozen
            finally:
                frozen.cancel()
            await keep_before(self._context.journal, self._plan.name, before)
            after = await self._with_files(self._context.target, after, before)
        except HostUnreachable as error:
            note(f"it was not watched to the end: {error}")
            return ""
        compared = compare(before, after, self._plan.route)
        await keep_compared(self._context.journal, self._plan.name, compared)
        self._judge(compared)
        told = tuple(
            f"{c.aspect}: {'; '.join(c.detail)}" for c in compared if c.verdict is Verdict.DIFFERENT
        )
        if told:
            note("\n".join(("it differs from what it was", *told)))
        return f"{len(told)} kinds of evidence differ" if told else "alive, as it was"

    async def _dwell(self, before: Evidence) -> Evidence:
        """Look now and then, all items at the same time, as long as is to be; the last look."""
        watch, suspected = self._context.watch, False
        until = time.monotonic() + watch.dwell_s
        there = await self._there(before)
        ids = {seen.id for seen in there.containers.values()}
        while True:
            looked = await self._context.target_looks.look(ids)
            seen = await self._asked(self._context.target, looked)
            compared = compare(before, seen, self._plan.route)
            bad = grave(compared)
            at_once = any(c.verdict is Verdict.DIFFERENT and c.aspect in _AT_ONCE for c in compared)
            if bad and (suspected or at_once):
                await keep_compared(self._context.journal, self._plan.name, compared)
                self._judge(compared)
                return seen
            left = until - time.monotonic()
            if left <= 0 and not bad:
                return seen
            suspected = bool(bad)
            together = watch.every_s - time.monotonic() % watch.every_s
            await asyncio.sleep(1.0 if bad else min(together, max(left, 0.0)))

    def _judge(self, compared: Iterable[Compared]) -> None:
        bad = grave(compared)
        if bad and not self._context.watch.keep_different:
            target = self._context.target.label
            raise CommandFailed(
                "it is not alive there as it was: " + bad[0],
                host=target,
                item=self._plan.name,
                now="\n".join(bad[1:]),
                todo="podferry verify shows what was compared; --keep-different leaves it there.",
            )

    async def _with_files(
        self, engine: Engine, evidence: Evidence, like: Evidence | None
    ) -> Evidence:
        layer = self._plan.route is Route.CHECKPOINT
        others = like.containers if like else {}
        seen = await asyncio.gather(
            *(
                read_files(engine, container, others.get(name), layer=layer)
                for name, container in evidence.containers.items()
            )
        )
        return dataclasses.replace(evidence, containers={s.name: s for s in seen})


def was_good(evidence: Evidence, probe: Probe) -> bool:
    """Whether a probe was good when the evidence was taken."""
    seen = (s.probes.get(probe.name) for s in evidence.containers.values())
    return any(met is not None and met.ok for met in seen)


def with_probes(evidence: Evidence, met: Mapping[str, Mapping[str, ProbeSeen]]) -> Evidence:
    """The evidence with what its probes have met."""
    return dataclasses.replace(
        evidence,
        containers={
            name: dataclasses.replace(seen, probes=met.get(name, {}))
            for name, seen in evidence.containers.items()
        },
    )
