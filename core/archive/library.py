"""The library: a folder of kept archives, what is in it, whether it is whole, what may go.

It lies beside the journals, mode 0700: an archive holds the memory of a container, and with that
its secrets. The functions take any other folder too.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import stat
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from core.archive.sidecar import Sidecar, read_sidecar, sidecar_path
from core.errors import PodferryError
from core.journal.journal import runs_folder

_SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.zst", ".tar.zstd", ".tar.bz2", ".tar.xz")
_CHUNK_BYTES = 1024 * 1024
_DAY_S = 86400.0


class Whole(StrEnum):
    """Whether an archive is what was kept."""

    YES = "whole"
    CHANGED = "changed"
    UNKNOWN = "unknown"
    """No digest was noted when it was made."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An archive that lies in a folder."""

    path: Path
    bytes: int
    """On disk, with the files that belong to it."""
    made_s: float
    """Seconds since the epoch: as noted, or else when the file was last written."""
    sidecar: Sidecar | None = None
    trouble: str = ""
    """Why what is noted of it cannot be read."""

    @property
    def container(self) -> str:
        """Whose it is, as far as is noted."""
        return self.sidecar.container.name if self.sidecar else ""


def folder() -> Path:
    """The library's folder; it is made if it is not there."""
    path = runs_folder().parent / "archives"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def place_for(output: Path | None, container: str, *, alone: bool) -> Path:
    """Where a new archive is to lie: `output` as a file, or below it if it is a folder.

    With several archives (not `alone`) it can only be a folder. Without it, it is the library.
    """
    if output is not None and alone and not output.is_dir():
        return output
    if output is not None and not output.is_dir():
        raise PodferryError(
            f"{output} is no folder, and several archives are to lie there",
            todo="Name a folder that exists.",
        )
    name = re.sub(r"[^A-Za-z0-9_.-]", "_", container).lstrip(".-")[:100] or "container"
    base = f"{name}-{time.strftime('%Y%m%d-%H%M%S')}"
    place = output or folder()
    path, number = place / f"{base}.tar", 2
    while path.exists():
        path, number = place / f"{base}-{number}.tar", number + 1
    return path


def archives_in(place: Path) -> list[Kept]:
    """All archives of a folder, newest first; an archive's own path gives that one.

    Raises PodferryError when there is nothing to look at.
    """
    try:
        if not place.is_dir():
            return [_kept(place)]
        found = []
        for path in place.iterdir():
            with contextlib.suppress(OSError):  # It went meanwhile, or may not be looked at.
                if _is_archive(path):
                    found.append(_kept(path))
    except OSError as error:
        raise PodferryError(f"{place} cannot be read: {os.strerror(error.errno or 0)}") from None
    return sorted(found, key=lambda kept: (-kept.made_s, kept.path.name))


def _is_archive(path: Path) -> bool:
    if path.name.startswith(".") or not stat.S_ISREG(path.stat().st_mode):
        return False
    return path.name.lower().endswith(_SUFFIXES) or sidecar_path(path).exists()


def _kept(path: Path) -> Kept:
    state = path.stat()
    try:
        told = read_sidecar(path)
    except PodferryError as error:
        return Kept(path, state.st_size, state.st_mtime, trouble=error.what)
    if told is None:
        return Kept(path, state.st_size, state.st_mtime)
    size = state.st_size
    for part in told.beside:
        with contextlib.suppress(OSError):
            size += path.with_name(part.file).stat().st_size
    try:
        made_s = datetime.fromisoformat(told.made_at).replace(tzinfo=UTC).timestamp()
    except (ValueError, OverflowError):
        made_s = state.st_mtime
    return Kept(path, size, made_s, told)


def verify(kept: Kept, seen: Callable[[int], None] = lambda _: None) -> Whole:
    """Hash an archive and what belongs to it; `seen` is told the bytes read, and may raise.

    Raises PodferryError when one of the files cannot be read.
    """
    told = kept.sidecar
    if told is None:
        return Whole.UNKNOWN
    noted = [(kept.path, told.sha256)]
    noted += [(kept.path.with_name(part.file), part.sha256) for part in told.beside]
    if any(digest(path, seen) != sha256 for path, sha256 in noted):
        return Whole.CHANGED
    return Whole.YES


def digest(path: Path, seen: Callable[[int], None] = lambda _: None) -> str:
    """A file's SHA-256. Raises PodferryError when it cannot be read."""
    found = hashlib.sha256()
    try:
        # A FIFO put there would never end.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                found.update(chunk)
                seen(len(chunk))
    except OSError as error:
        raise PodferryError(f"{path} cannot be read: {os.strerror(error.errno or 0)}") from None
    return found.hexdigest()


def may_go(
    archives: Sequence[Kept], *, keep: int | None, older_than_days: float | None, now_s: float
) -> list[Kept]:
    """What the rule lets go, oldest first: beyond the newest `keep` of a container, and older.

    Both have to hold where both are given. What nothing is noted of belongs to nobody that is known
    and stays.
    """
    if keep is None and older_than_days is None:
        return []
    of: defaultdict[tuple[str, str], list[Kept]] = defaultdict(list)
    for kept in archives:
        if kept.sidecar:
            of[kept.sidecar.host, kept.container].append(kept)
    going = []
    for own in of.values():
        own.sort(key=lambda kept: kept.made_s, reverse=True)
        going += own[keep or 0 :]
    if older_than_days is not None:
        going = [kept for kept in going if now_s - kept.made_s > older_than_days * _DAY_S]
    return sorted(going, key=lambda kept: kept.made_s)


def remove(kept: Kept) -> None:
    """Delete an archive and what belongs to it. Raises PodferryError when it cannot.

    The archive goes first: what is noted of none is no harm, an archive without its notes is.
    """
    paths = [kept.path]
    if kept.sidecar:
        paths += [kept.path.with_name(part.file) for part in kept.sidecar.beside]
    for path in (*paths, sidecar_path(kept.path)):
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise PodferryError(
                f"{path} cannot be deleted: {os.strerror(error.errno or 0)}"
            ) from None
