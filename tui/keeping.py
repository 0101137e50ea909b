"""Keeping a checkpoint of the item under the cursor, or restoring one, while the app goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from core.errors import ItemBlocked, PodferryError
from core.evidence.model import Verdict
from core.migrate.events import Event, Note, Progress
from core.migrate.keep.checkpoint import Kept, Wish, checkpoint, claimed
from core.migrate.keep.comparing import compare_restored
from core.migrate.keep.restoring import Found, examine, restore_archive
from core.podman.engine import Engine
from core.podman.model import Item
from core.podman.options import RestoreOptions
from tui.widgets.text import clean
from tui.widgets.units import format_bytes

_SHOWN_EVERY_S = 0.4


class Keeping:
    """One item's containers into the library; each goes on as soon as all of it is here."""

    def __init__(self, engine: Engine, item: Item, show: Callable[[str], None]) -> None:
        """`show` is told in a line what is being done."""
        self._engine = engine
        self._item = item
        self._show = show
        self._shown_s = 0.0
        self.notes: list[str] = []

    async def keep(self, container_ids: Sequence[str]) -> list[Kept]:
        """Make the checkpoints, one after the other. Raises PodferryError, and OSError."""
        from core.archive.library import place_for

        kept = []
        chosen = [c for c in self._item.containers if c.id in container_ids]
        async with claimed(self._engine, self._item):
            for container in chosen:
                self._show(f"Checkpoint of {clean(container.name)} ...")
                place = place_for(None, container.name, alone=True)
                wish = Wish(leave_running=True)
                kept.append(await checkpoint(self._engine, container.id, place, wish, self._hear))
        return kept

    def _hear(self, event: Event) -> None:
        if isinstance(event, Note):
            self.notes.append(f"{event.item}: {event.text}")
        if isinstance(event, Progress) and time.monotonic() - self._shown_s > _SHOWN_EVERY_S:
            self._shown_s = time.monotonic()
            of = f" of about {format_bytes(event.total_bytes)}" if event.total_bytes else ""
            rate = format_bytes(event.rate_bytes_s)
            done = format_bytes(event.done_bytes)
            self._show(f"Checkpoint of {clean(event.item)}: {done}{of}, {rate}/s")


class Restoring:
    """One archive onto a host, with its volumes and under its own name."""

    def __init__(self, engine: Engine, path: Path) -> None:
        self._engine = engine
        self._path = path
        self._found: Found | None = None
        self.notes: list[str] = []

    async def ask(self) -> str:
        """What the operator has to agree to. Raises ItemBlocked, with all that is in the way."""
        host = self._engine.label
        found = self._found = await examine(
            self._engine, self._path, RestoreOptions(), volumes=True
        )
        if found.blocks:
            raise ItemBlocked(
                "\n".join(found.blocks),
                host=host,
                item=found.subject.name,
                todo="podferry restore has options for most of this.",
            )
        made = f", {found.subject.made}," if found.subject.made else ""
        lines = [f"Restore {found.subject.name}{made} on {host}?", *found.doubts]
        return "\n".join(map(clean, lines))

    async def restore(self) -> str:
        """Name of what runs now. Raises PodferryError."""
        if self._found is None:
            raise ValueError("nothing was asked")
        seen = await restore_archive(self._engine, self._found, self._hear)
        name = str(seen["Name"])
        try:
            compared = await compare_restored(self._engine, self._found, seen)
        except PodferryError as error:
            self.notes.append(f"{name}: not compared with what it was: {error.what}")
        else:
            self.notes += [
                f"{name}: {c.aspect} is not as it was: {'; '.join(c.detail) or c.after}"
                for c in compared
                if c.verdict is Verdict.DIFFERENT
            ]
        return name

    def _hear(self, event: Event) -> None:
        if isinstance(event, Note):
            self.notes.append(f"{event.item}: {event.text}")
