"""What a checkpoint is about to do, noted on this machine before it does it.

A Podferry that is killed in the midst leaves the note; the next one that works on the container
brings it back to how it was before, as the note says.
"""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import dataclass
from pathlib import Path

from core.errors import PodferryError
from core.journal.journal import runs_folder
from core.migrate.undo import leave_tidy
from core.podman.engine import Engine
from core.podman.model import Thing


@dataclass(frozen=True, slots=True)
class Intent:
    """A container is about to be dumped into these files."""

    container_id: str
    life: str
    """As `life` told it before the dump."""
    archive: Path
    """The last file to get its name: all is whole if it is there."""
    others: tuple[Path, ...]
    """The files beside it."""
    drafts: tuple[Path, ...]
    """Names that all of them have until they are whole."""
    note: str
    """Name of what is noted of its volumes on the host."""
    host: str = ""
    """As the operator named it; empty in what earlier versions noted."""
    name: str = ""
    """Of the container."""


def write(intent: Intent) -> None:
    """Note it, durably. Raises PodferryError: nothing is done without it."""
    path = _path(intent.container_id)
    told = {
        "life": intent.life,
        "archive": str(intent.archive),
        "others": list(map(str, intent.others)),
        "drafts": list(map(str, intent.drafts)),
        "note": intent.note,
        "host": intent.host,
        "name": intent.name,
    }
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "w") as file:
            json.dump(told, file)
            file.flush()
            os.fsync(handle)
        _sync(path.parent)
    except OSError as error:
        raise PodferryError(
            f"{path} cannot be written: {os.strerror(error.errno or 0)}",
            todo="Nothing was done without it. XDG_STATE_HOME names another folder for it.",
        ) from None


def read(container_id: str) -> Intent | None:
    """What was noted of a container and not forgotten; a note that was cut says as much as none."""
    try:
        told = json.loads(_path(container_id).read_text())
        others, drafts = (tuple(map(Path, told[key])) for key in ("others", "drafts"))
        archive, life = Path(told["archive"]), str(told["life"])
        host, name = str(told.get("host") or ""), str(told.get("name") or "")
        return Intent(container_id, life, archive, others, drafts, str(told["note"]), host, name)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def open_intents() -> tuple[Intent, ...]:
    """All that is noted: of dumps under way, and of those that were broken off."""
    return tuple(filter(None, (read(path.stem) for path in sorted(_folder().glob("*.json")))))


def forget(container_id: str) -> None:
    """What was noted has come to its end."""
    _path(container_id).unlink(missing_ok=True)


async def take_back(intent: Intent, engine: Engine) -> str:
    """Have the container run as it did before its dump; what the operator should know of it.

    Raises PodferryError; safe to repeat.
    """
    told = ""
    if await engine.inspect(Thing.CONTAINER, intent.container_id):
        told = await leave_tidy(intent.container_id, intent.life, engine)
    await engine.discard(intent.note)
    await asyncio.to_thread(_delete, intent)
    forget(intent.container_id)
    return told


def _delete(intent: Intent) -> None:
    """Whatever of the files is not whole."""
    others = () if intent.archive.exists() else intent.others
    for path in (*intent.drafts, *others):
        path.unlink(missing_ok=True)


def _path(container_id: str) -> Path:
    return _folder() / f"{container_id}.json"


def _folder() -> Path:
    return runs_folder().parent / "keeping"


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
