"""What is true of a moved item now, on both hosts: looked up, never taken from memory."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass

from core.journal.journal import JournalItem
from core.migrate.memo import from_memo
from core.migrate.undo import RUNS, Undo, UndoKind, is_running
from core.podman.engine import Engine
from core.podman.model import Inspection, Kind, Route, Thing

_NEVER_RAN = ("created", "configured", "initialized")
"""Podman's states of a container before its first start."""
COMES_BACK = (UndoKind.RESTORE_SOURCE, UndoKind.START_SOURCE)
"""Undos that have the source run an item again."""


@dataclass(frozen=True, slots=True)
class Copy:
    """An item's containers on one host, infra left out."""

    host: str
    containers: tuple[Inspection, ...]
    complete: bool
    """None of those that the run knows is missing."""

    @property
    def runs(self) -> bool:
        """Whether anything of it runs."""
        return any(map(is_running, self.containers))

    @property
    def all_run(self) -> bool:
        """Whether it is there as a whole, and runs."""
        return self.complete and all(map(is_running, self.containers))

    @property
    def has_run(self) -> bool:
        """Whether anything of it ever ran there: then it may hold a state that nobody else has."""
        return any(str(_state(c).get("Status")) not in _NEVER_RAN for c in self.containers)

    @property
    def afresh(self) -> tuple[str, ...]:
        """Names of those that were started, not restored: without the memory of the source."""
        return tuple(str(c["Name"]) for c in self.containers if not _state(c).get("Restored"))

    @property
    def unhealthy(self) -> tuple[str, ...]:
        """Names of those whose healthcheck fails."""
        health = ((c, _state(c).get("Health") or {}) for c in self.containers)
        return tuple(str(c["Name"]) for c, told in health if told.get("Status") == "unhealthy")


def _state(container: Inspection) -> Inspection:
    return container.get("State") or {}


@dataclass(frozen=True, slots=True)
class Moved:
    """One item of a run, with both of its copies."""

    item: JournalItem
    undos: tuple[Undo, ...]
    source: Copy
    target: Copy | None
    """None: the target cannot be asked."""

    @property
    def live(self) -> bool:
        """Whether its memory moved with it."""
        return self.item.route == Route.CHECKPOINT

    @property
    def ran(self) -> bool:
        """Whether it is to run on the target."""
        return self.live or any(u.value == RUNS for u in self.of(UndoKind.REMOVE_PLAYED))

    @property
    def volumes(self) -> tuple[str, ...]:
        """Volumes that the run carried over."""
        return tuple(undo.subject for undo in self.of(UndoKind.REMOVE_VOLUME))

    @property
    def gist(self) -> tuple[bool, ...]:
        """What a decision about it rests on."""
        copies = [copy for copy in (self.source, self.target) if copy is not None]
        return tuple(told for c in copies for told in (c.complete, c.runs, c.has_run))

    def of(self, kind: UndoKind) -> tuple[Undo, ...]:
        """The undos of a kind."""
        return tuple(undo for undo in self.undos if undo.kind is kind)


async def look(item: JournalItem, source: Engine, target: Engine | None) -> Moved:
    """Look at both copies of an item. Raises PodferryError."""
    undos = tuple(Undo.from_json(data) for data in item.undos)
    here = _copy(source, Kind(item.kind), item.id)
    there = _arrived(target, item, undos) if target else _nothing()
    return Moved(item, undos, *await asyncio.gather(here, there))


async def _nothing() -> None:
    return None


async def _copy(engine: Engine, kind: Kind, ident: str) -> Copy:
    if kind is Kind.CONTAINER:
        return await _containers(engine, (ident,))
    pod = await engine.inspect(Thing.POD, ident)
    if pod is None:
        return Copy(engine.label, (), complete=False)
    infra = pod.get("InfraContainerID")
    return await _containers(
        engine, [str(c["Id"]) for c in pod.get("Containers") or () if c["Id"] != infra]
    )


async def _containers(engine: Engine, ids: Iterable[str]) -> Copy:
    seen = await asyncio.gather(*(engine.inspect(Thing.CONTAINER, ident) for ident in ids))
    found = tuple(filter(None, seen))
    return Copy(engine.label, found, complete=len(found) == len(seen))


async def _arrived(target: Engine, item: JournalItem, undos: Iterable[Undo]) -> Copy:
    """What the run made on the target: by ID, so that a namesake is never taken for it."""
    played = [undo.subject for undo in undos if undo.kind is UndoKind.REMOVE_PLAYED]
    if played:
        return await _copy(target, Kind.POD, played[-1])
    ids = dict.fromkeys(u.subject for u in undos if u.kind is UndoKind.REMOVE_CONTAINER)
    copy = await _containers(target, ids)
    # A rollback that was broken off has removed and struck off some already.
    whole = len(copy.containers) >= max(1, len(from_memo(item).container_ids))
    return dataclasses.replace(copy, complete=copy.complete and whole)
