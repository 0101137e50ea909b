"""Accepting a move: the source copy is given up, for good, once the target is proven to have it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.checks.units import mask
from core.errors import PodferryError
from core.evidence.kept import before_of, compared_of
from core.evidence.rules import grave
from core.journal.journal import Journal, JournalItem
from core.migrate.fixing import carry_out
from core.migrate.moved import Moved, look
from core.migrate.undo import UndoKind
from core.podman.engine import Engine
from core.podman.model import Kind, Thing

_ANONYMOUS = re.compile(r"[0-9a-f]{64}")
"""What Podman calls a volume that nobody has named."""


class Unverified(PodferryError):
    """Evidence is missing or speaks against it; the operator may go on without."""


async def accept(
    item: JournalItem,
    journal: Journal,
    source: Engine,
    target: Engine | None,
    *,
    unverified: bool = False,
    volumes: bool = False,
) -> str:
    """Remove an item's source copy and what could bring it back; what is to be told.

    Refuses while evidence is missing, unless `unverified`. Anonymous volumes go with the copy, and
    with `volumes` the named ones that nothing else uses. Safe to repeat. Raises PodferryError,
    Unverified for want of evidence.
    """
    moved = await look(item, source, target)
    if moved.source.runs:
        raise PodferryError(
            f"the copy on {source.label} runs again, so it was not removed",
            now=_both(moved),
            todo="Find out who started it, and stop one of the two copies.",
        )
    lacking = [*missing(moved), *await _doubts(item, journal)]
    if lacking and not unverified:
        raise Unverified(
            f"the copy on {source.label} was kept: {'; '.join(lacking)}",
            todo=f"podferry rollback {journal.path.stem} {item.name} brings it back; "
            "accept --unverified gives it up all the same.",
        )
    told = [*map("not verified: {}".format, lacking), *await _mask_units(moved, source)]
    if target:
        # They hold memory, and stayed where the target was out of reach at the move's end.
        for archive in moved.of(UndoKind.DISCARD_ARCHIVE):
            await target.discard(archive.subject)
    await source.remove(Kind(item.kind), item.id)
    told += await _remove_volumes(moved, source, named=volumes)
    return "\n".join(told)


def missing(moved: Moved) -> Iterator[str]:
    """What speaks against the target having the item as it left, one clause each."""
    there = moved.target
    if there is None:
        yield "its target cannot be reached"
        return
    if not there.complete:
        yield f"what the run made of it on {there.host} is not there any more"
    elif moved.ran and not there.all_run:
        yield f"it does not run on {there.host}"
    elif moved.live and there.afresh:
        yield (
            f"{', '.join(there.afresh)} was started afresh on {there.host} since the move, "
            "without its memory"
        )
    if there.unhealthy:
        yield f"the healthcheck of {', '.join(there.unhealthy)} fails on {there.host}"


async def _doubts(item: JournalItem, journal: Journal) -> list[str]:
    """What the kept evidence says against it, or that there is none."""
    compared = await compared_of(journal, item.name)
    if compared:
        return [f"it is not as it was: {line}" for line in grave(compared)]
    if await before_of(journal, item.name) is None:
        return ["no evidence was kept of what it was before it left"]
    look = f"podferry verify {journal.path.stem} {item.name}"
    return [f"it was not compared with what it was ({look} does that)"]


def _both(moved: Moved) -> str:
    if moved.target is None:
        return "It may run on its target too."
    return f"{'Both copies run' if moved.target.runs else f'{moved.target.host} does not run it'}."


async def _mask_units(moved: Moved, source: Engine) -> list[str]:
    """Keep systemd from making the copy anew; a name may have several units."""
    names = {moved.item.name, *(str(c["Name"]) for c in moved.source.containers)}
    masked: list[str] = []
    while True:
        units = (await source.inventory()).units
        waiting = dict.fromkeys(units[name] for name in names if name in units)
        if again := [unit for unit in waiting if unit in masked]:
            raise PodferryError(
                f"{', '.join(again)} would start it again, although it was masked",
                host=source.label,
                todo="Take the unit away there, and accept again.",
            )
        if not waiting:
            return [f"masked on {source.label}: {unit}" for unit in masked]
        for unit in waiting:
            await carry_out(mask(unit, source.info), source)
            masked.append(unit)


async def _remove_volumes(moved: Moved, source: Engine, *, named: bool) -> list[str]:
    """Only those that the run carried over: of others the target has no copy."""
    kept = []
    for name in moved.volumes:
        if not await source.inspect(Thing.VOLUME, name):
            continue
        wanted = named or _ANONYMOUS.fullmatch(name)
        if wanted and not await source.volume_users({name}):
            await source.remove_volume(name)
        else:
            kept.append(name)
    return [f"kept on {source.label}: volume {', '.join(kept)}"] if kept else []
