"""A kept checkpoint comes to life on a host: carried there, restored, seen to run."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.archive.sidecar import Beside
from core.errors import CommandFailed, PodferryError
from core.journal.journal import new_run_id
from core.migrate.context import whole
from core.migrate.events import Event, Note
from core.migrate.keep import fitness
from core.migrate.keep.files import FileSource
from core.migrate.keep.fitness import Subject
from core.migrate.keep.subjects import note_restored, open_archive
from core.migrate.keep.ticking import Ticker
from core.migrate.transfer import opened, transfer
from core.migrate.undo import is_running
from core.podman.engine import Engine
from core.podman.model import Inspection, Kind, Thing
from core.podman.options import RestoreOptions
from core.podman.streams import Incoming

_WATCH_S = 2.0
"""How long it is watched: what cannot live on after a restore mostly ends at once."""
_LOOK_EVERY_S = 0.2


@dataclass(frozen=True, slots=True)
class Found:
    """An archive, and whether and how it can be restored on a host."""

    subject: Subject
    beside: Sequence[Beside]
    """The files of the volumes that are to be made."""
    options: RestoreOptions
    blocks: tuple[str, ...]
    """Why it cannot."""
    doubts: tuple[str, ...]
    """What the operator should know before agreeing."""


async def examine(engine: Engine, path: Path, options: RestoreOptions, *, volumes: bool) -> Found:
    """Look at an archive and a host; `volumes`: with theirs made anew. Raises PodferryError."""
    fitness.require_sense(options)
    subject, beside = await open_archive(path)
    pod = await engine.inspect(Thing.POD, options.pod) if options.pod else None
    place = fitness.Place(engine.info, await engine.inventory(), pod)
    blocks = fitness.blocks(subject, place, options, volumes=volumes)
    options = dataclasses.replace(
        options,
        runtime=subject.runtime.partition(" ")[0],
        volumes=subject.plain and volumes,
    )
    doubts = fitness.doubts(subject, engine.info, options, volumes=volumes)
    return Found(subject, beside if volumes else (), options, tuple(blocks), tuple(doubts))


async def restore_archive(
    engine: Engine, found: Found, emit: Callable[[Event], None]
) -> Inspection:
    """Restore an archive that nothing blocks; what runs then, as inspect tells it.

    Whatever fails, also a cancellation, nothing of it stays on the host. Raises PodferryError.
    """
    async with engine.claim(found.options.name or found.subject.name, new_run_id()):
        seen = await _Restoring(engine, found, emit).go()
    name = str(seen["Name"])
    try:
        await note_restored(found.subject.archive, f"on {engine.label} as {name}")
    except PodferryError as error:
        emit(Note(name, f"that it was restored could not be noted: {error.what}"))
    return seen


class _Restoring:
    """One archive on its way."""

    def __init__(self, engine: Engine, found: Found, emit: Callable[[Event], None]) -> None:
        self.engine = engine
        self.subject = found.subject
        self.beside = found.beside
        self.options = options = found.options
        self.emit = emit
        self.name = options.name or found.subject.name
        self.place = f"podferry.{secrets.token_hex(8)}"
        self.ticker = Ticker(self.name, emit)
        self.undos: list[Callable[[], Awaitable[None]]] = []
        """What takes back what was made; last made, first gone."""

    async def go(self) -> Inspection:
        engine, place = self.engine, self.place
        try:
            async with self.ticker:
                await self._volumes()
                receive = engine.receive_plain if self.subject.plain else engine.receive_checkpoint
                await self._send(self.subject.archive, self.subject.sha256, receive(place))
            self.undos.append(lambda: engine.remove(Kind.CONTAINER, self.name))
            await whole(self._restore())
            seen = await self._watched()
        except BaseException:
            await whole(self._take_back())
            raise
        await whole(engine.discard(place))
        return seen

    async def _volumes(self) -> None:
        engine = self.engine
        made: set[str] = set()
        for part in self.beside:
            if part.volume not in made:
                made.add(part.volume)
                self.undos.append(lambda name=part.volume: engine.remove_volume(name))  # type: ignore[misc]
                await whole(engine.create_volume({"Name": part.volume, **part.like}))
            into = (
                engine.take_first_pass(part.volume)
                if part.first
                else engine.take_last_pass(part.volume, f"{self.place}.{len(made)}")
            )
            await self._send(self.subject.archive.with_name(part.file), part.sha256, into)

    async def _send(self, path: Path, sha256: str, incoming: Awaitable[Incoming]) -> None:
        async def source() -> FileSource:
            return FileSource(path, sha256)

        out, into = await opened(source(), incoming)
        meter = self.ticker.next_stream(os.fstat(out.fd).st_size)
        await transfer(out, into, meter)
        self.ticker.tell()

    async def _restore(self) -> None:
        engine, options = self.engine, self.options
        if self.subject.plain:
            await engine.restore_plain(self.place, options)
        else:
            await engine.restore(self.place, self.subject.id, options)

    async def _watched(self) -> Inspection:
        """It runs, and goes on running for a moment."""
        until = time.monotonic() + _WATCH_S
        while True:
            seen = await self.engine.inspect(Thing.CONTAINER, self.name)
            if seen is None or not is_running(seen):
                state = ((seen or {}).get("State") or {}).get("Status") or "not there"
                raise CommandFailed(
                    f"it was restored and does not run: it is {state}",
                    host=self.engine.label,
                    item=self.name,
                    now="What was made of it there is removed again.",
                )
            if time.monotonic() > until:
                return seen
            await asyncio.sleep(_LOOK_EVERY_S)

    async def _take_back(self) -> None:
        with contextlib.suppress(PodferryError):
            await self.engine.discard(self.place)
        while self.undos:
            try:
                await self.undos.pop()()
            except PodferryError as error:
                self.emit(Note(self.name, f"something was left on {self.engine.label}: {error}"))
