"""One container of any host into files on this machine: memory, changed files and volumes."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from core.archive.sidecar import Sidecar, sidecar_path, write_sidecar
from core.checks.facts import volume_names
from core.errors import CommandFailed, ItemBlocked, NoSuchItem, PodferryError
from core.evidence.gather import gather
from core.evidence.model import Evidence
from core.journal.history import open_items
from core.journal.journal import new_run_id
from core.migrate.context import whole
from core.migrate.events import CameUp, Event, Note, WentDown
from core.migrate.explain import known
from core.migrate.keep import facts, intents
from core.migrate.keep.files import FileSink, draft_of, publish, require_new
from core.migrate.keep.ticking import Ticker
from core.migrate.live_steps import DUMP_PAUSE_S, DUMP_TRIES
from core.migrate.transfer import opened, transfer
from core.migrate.undo import is_running, leave_tidy, life
from core.podman.engine import Engine
from core.podman.model import Inspection, Item, Thing
from core.podman.options import CheckpointOptions
from core.podman.streams import Outgoing, Receipt

Emit = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class Wish:
    """How the operator wants a checkpoint."""

    leave_running: bool = False
    volumes: bool = True
    dump: CheckpointOptions = field(default_factory=CheckpointOptions)


@dataclass(frozen=True, slots=True)
class Kept:
    """A checkpoint that was made."""

    container: str
    archive: Path
    sidecar: Sidecar
    down_s: float | None
    """How long the container was down; None: it is still stopped."""
    losses: tuple[str, ...]
    """What is not in it."""


@asynccontextmanager
async def claimed(engine: Engine, item: Item) -> AsyncIterator[None]:
    """Be the only Podferry that works on an item. Raises ItemBlocked."""
    if run := open_items().get(item.id):
        raise ItemBlocked(
            f"run {run} left it unfinished",
            host=engine.label,
            item=item.name,
            todo=f"podferry resume {run} brings it to an end first.",
        )
    async with engine.claim(item.id, new_run_id()):
        yield


async def checkpoint(
    engine: Engine, container_id: str, archive: Path, wish: Wish, emit: Emit
) -> Kept:
    """Dump a container into the new file `archive`, under a claim that is held.

    Whatever fails, also a cancellation: the container runs as before, and no file stays. What an
    earlier Podferry left of such a dump is brought to its end first. Raises PodferryError.
    """
    inspection = await _ready(engine, container_id, emit)
    return await _Keeping(engine, inspection, archive, wish, emit).go()


async def settle(engine: Engine, container_id: str) -> str | None:
    """Bring what a Podferry that was killed left of a dump to its end; None: it left nothing."""
    intent = intents.read(container_id)
    return None if intent is None else await whole(intents.take_back(intent, engine))


async def settle_on(engine: Engine, intent: intents.Intent) -> str:
    """The same of a container that nobody works on; what is true of it now. Raises PodferryError.

    Its Podferry may still live: then this one is kept off.
    """
    ident = intent.container_id
    item = next(
        (i for i in (await engine.estate()).items if ident in (c.id for c in i.containers)), None
    )
    async with engine.claim(item.id if item else ident, new_run_id()):
        told = await settle(engine, ident)
    if intent.archive.exists():
        return f"its archive is whole: {intent.archive}"
    if item is None:
        return f"it is not on {engine.label} any more, and what was written of it is deleted"
    return told or "it is as it was before, and what was written of it is deleted"


async def _ready(engine: Engine, container_id: str, emit: Emit) -> Inspection:
    left = await settle(engine, container_id)
    seen = await engine.inspect(Thing.CONTAINER, container_id)
    if seen is None:
        raise NoSuchItem("no such container any more", host=engine.label, item=container_id)
    name = str(seen["Name"])
    if left is not None:
        emit(Note(name, left or "an earlier checkpoint of it was broken off: it runs again"))
    reasons = facts.blocks(engine.info, seen, (await engine.inventory()).units)
    if reasons:
        raise ItemBlocked("; ".join(reasons), host=engine.label, item=name)
    return seen


class _Keeping:
    """One dump on its way."""

    def __init__(
        self, engine: Engine, inspection: Inspection, archive: Path, wish: Wish, emit: Emit
    ) -> None:
        self.engine = engine
        self.inspection = inspection
        self.id, self.name = str(inspection["Id"]), str(inspection["Name"])
        self.archive = archive
        self.wish = wish
        self.emit = emit
        self.volumes = sorted(set(volume_names(inspection))) if wish.volumes else []
        self.note = f"podferry.{secrets.token_hex(8)}"
        self.pieces = facts.pieces(archive, self.volumes, two_passes=wish.leave_running)
        self.drafts = {path: draft_of(path) for path in (archive, *(p.path for p in self.pieces))}
        for path in (*self.drafts, sidecar_path(archive)):
            require_new(path)
        self.receipts: dict[Path, tuple[Receipt, int]] = {}
        self.ticker = Ticker(self.name, emit)
        self.down_since: float | None = None
        self.evidence: Evidence | None = None

    async def go(self) -> Kept:
        others = [path for path in self.drafts if path != self.archive]
        intent = intents.Intent(
            self.id,
            life(self.inspection),
            self.archive,
            (*others, sidecar_path(self.archive)),
            tuple(self.drafts.values()),
            self.note,
            self.engine.label,
            self.name,
        )
        try:
            await whole(asyncio.to_thread(intents.write, intent))
            await self._warn_of_sharers()
            async with self.ticker:
                await self._fetch()
            kept, trouble = await whole(self._finish(intent))
        except BaseException:
            await whole(intents.take_back(intent, self.engine))
            raise
        if trouble:
            trouble.now = f"{trouble.now} The archive is whole: {self.archive}".strip()
            raise trouble
        return kept

    async def _warn_of_sharers(self) -> None:
        """Whoever else runs with one of its volumes may write to it meanwhile."""
        for volume in self.volumes:
            others = await self.engine.volume_users({volume}) - {self.id}
            seen = [await self.engine.inspect(Thing.CONTAINER, other) for other in sorted(others)]
            if names := [str(c["Name"]) for c in seen if c and is_running(c)]:
                who = ", ".join(names)
                told = f"{who} uses the volume {volume} too, and may change it meanwhile"
                self.emit(Note(self.name, told))

    async def _fetch(self) -> None:
        """All bytes, into drafts."""
        engine = self.engine
        for piece in self.pieces:
            if piece.first:
                await self._stream(engine.first_pass(piece.volume, self.note), piece.path)
        # It tells of the archive; without it the archive is none the worse.
        with contextlib.suppress(PodferryError):
            self.evidence = await gather(engine, [self.id])
        await self._dump()
        if words := await engine.checkpoint_ended(self.id):
            self.emit(Note(self.name, f"Podman complained: {words}"))
        for piece in self.pieces:
            if not piece.first:
                await self._stream(engine.last_pass(piece.volume, self.note), piece.path)

    async def _dump(self) -> None:
        usage = await self.engine.usage()
        memory = usage[self.id].memory_bytes if self.id in usage else None
        for attempt in range(1, DUMP_TRIES + 1):
            self.emit(WentDown(self.name, time.time()))
            self.down_since = time.monotonic()
            try:
                dump = self.engine.checkpoint(self.id, self.wish.dump)
                await self._stream(dump, self.archive, memory)
                return
            except CommandFailed as failure:
                means = known(failure)
                if means is None or not means.transient or attempt == DUMP_TRIES:
                    raise facts.with_flag(failure, means, self.name) from failure
                self.emit(Note(self.name, f"{means.cause} Trying again."))
            await asyncio.sleep(DUMP_PAUSE_S)

    async def _stream(
        self, outgoing: Awaitable[Outgoing], path: Path, total_bytes: int | None = None
    ) -> None:
        async def sink() -> FileSink:
            return FileSink(self.drafts[path])

        out, into = await opened(outgoing, sink())
        meter = self.ticker.next_stream(total_bytes)
        _, received = await transfer(out, into, meter)
        self.receipts[path] = received, meter.done_bytes
        self.ticker.tell()

    async def _finish(self, intent: intents.Intent) -> tuple[Kept, PodferryError | None]:
        """Once all bytes are here: the container goes on if it shall, and the files get names."""
        down_s: float | None = None
        trouble: PodferryError | None = None
        if self.wish.leave_running:
            try:
                told = await leave_tidy(self.id, intent.life, self.engine)
            except PodferryError as error:
                trouble = error
            else:
                down_s = time.monotonic() - (self.down_since or 0.0)
                self.emit(CameUp(self.name, self.engine.label, down_s))
                if told:
                    self.emit(Note(self.name, told))
        sidecar = await self._sidecar()
        for path, draft in sorted(self.drafts.items(), key=lambda pair: pair[0] == self.archive):
            if path == self.archive:
                # The last to get its name: what has a name is whole.
                await asyncio.to_thread(write_sidecar, path, sidecar)
            await asyncio.to_thread(publish, draft, path)
        with contextlib.suppress(PodferryError):
            await self.engine.discard(self.note)
        intents.forget(self.id)
        losses = facts.losses(self.inspection, with_volumes=self.wish.volumes)
        return Kept(self.name, self.archive, sidecar, down_s, losses), trouble

    async def _sidecar(self) -> Sidecar:
        engine, wish, pod = self.engine, self.wish, str(self.inspection.get("Pod") or "")
        image = str(self.inspection["Image"]).removeprefix("sha256:")
        return facts.sidecar(
            engine.info,
            self.inspection,
            self.archive,
            self.receipts,
            self.pieces,
            pod=str((await engine.inspect(Thing.POD, pod) or {}).get("Name") or "") if pod else "",
            digest=str((await engine.inspect(Thing.IMAGE, image) or {}).get("Digest") or ""),
            options=facts.option_names(wish.dump, leave_running=wish.leave_running),
            volumes=await engine.inspect_all(Thing.VOLUME, self.volumes),
            evidence=self.evidence,
        )
