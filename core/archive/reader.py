"""Read what is inside a checkpoint archive, without restoring it and without writing anything.

An archive may be damaged, or made to do harm. It is read once, from the first byte to the last;
what is kept of it, and how long that takes, is bounded. Where the tar itself or Podman's
configuration is no good, the archive is refused; where a part of it is, the rest is told with a
note. Podman's format: libpod, container_internal_common.go and pkg/checkpoint/crutils.
"""

from __future__ import annotations

import os
import re
import tarfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from core.archive import changes, config, images
from core.archive.config import Config, Spec
from core.archive.inside import Changed, Inside, Interface, Statistics, Volume
from core.archive.memory import Memory
from core.archive.processes import Puzzle
from core.archive.sidecar import Sidecar, Versions, read_sidecar
from core.archive.tarwalk import Entry, entries
from core.archive.unpacking import Unpacked
from core.archive.wire import Damaged
from core.errors import PodferryError

_T = TypeVar("_T")
_TEXTS = {"config.dump", "spec.dump", "network.status", "deleted.files", "stats-dump"}
_IMAGE = re.compile(r"checkpoint/((?:core|ids|fs|fdinfo)-\d+|pstree|files)\.img")
_MM = re.compile(r"checkpoint/mm-(\d{1,10})\.img")
_PAGEMAP = re.compile(r"checkpoint/pagemap-(\d{1,10})\.img")
_PAGES = re.compile(r"(?:checkpoint|podferry-pages)/pages-(\d{1,10})\.img")
_VOLUME = re.compile(r"volumes/([^/]+)\.tar")
_LINK = re.compile(r"\.\./podferry-pages/pages-\d{1,10}\.img")
_PART = "podferry-tree/part."
_MOST_BYTES = 16 * 2**20
"""Of one of the files that are kept: real ones have some ten thousand."""
_MOST_BYTES_IN_ALL = 48 * 2**20


def look_inside(path: Path, seen: Callable[[int], None] = lambda _: None) -> Inside:
    """What an archive tells. Raises PodferryError when it is none, or no longer one.

    `seen` is told the bytes that are read, unpacked, and may raise.
    """
    sidecar, trouble = None, ""
    try:
        sidecar = read_sidecar(path)
    except PodferryError as error:
        trouble = f"{error.what}: {error.detail}"
    try:
        source = Unpacked(path, seen)
    except OSError as error:
        raise PodferryError(f"{path} cannot be read: {os.strerror(error.errno or 0)}") from None
    except Damaged as error:
        raise _refused(path, error) from None
    try:
        return _Reading(source).read(path, sidecar, trouble)
    except Damaged as error:
        raise _refused(path, error) from None
    finally:
        source.close()


def _refused(path: Path, error: Damaged) -> PodferryError:
    return PodferryError(
        f"{path.name} is no checkpoint archive that can be read: {str(error)[:300]}",
        now="Nothing was done with it.",
        todo="Use another copy of it, if there is one.",
    )


class _Reading:
    """One archive while it is read."""

    def __init__(self, source: Unpacked) -> None:
        self._source = source
        self._walk = entries(source)
        self._held: Entry | None = None
        self._found: dict[str, bytes] = {}
        self._room = _MOST_BYTES_IN_ALL
        self._memory = Memory()
        self._volumes: dict[str, int] = {}
        self._changed: list[Changed] = []
        self._notes: list[str] = []
        self._memory_bytes = self._files_bytes = 0
        self._podferry = False
        self._made_s = 0

    def read(self, path: Path, sidecar: Sidecar | None, trouble: str) -> Inside:
        if trouble:
            self._notes.append(trouble)
        while entry := self._next():
            self._take(entry)
        if "config.dump" not in self._found:
            raise Damaged("there is no configuration of a container in it")
        return self._told(path, sidecar)

    def _next(self) -> Entry | None:
        held, self._held = self._held, None
        return held or next(self._walk, None)

    def _take(self, entry: Entry) -> None:
        name = _checked(entry)
        if match := _PAGES.fullmatch(name):
            if entry.type == tarfile.SYMTYPE:
                self._podferry = True
                return
            self._memory_bytes += entry.size
            self._memory.take(int(match[1]), entry)
        elif not entry.is_file:
            return
        elif name in _TEXTS or _IMAGE.fullmatch(name):
            self._keep(name.removeprefix("checkpoint/"), entry)
            self._made_s = max(self._made_s, entry.made_s)
        elif match := _MM.fullmatch(name):
            self._use(name, entry, int(match[1]), self._memory.add_mm)
        elif match := _PAGEMAP.fullmatch(name):
            self._use(name, entry, int(match[1]), self._memory.add_pagemap)
        elif match := _VOLUME.fullmatch(name):
            self._volumes[match[1]] = entry.size
        elif name == "rootfs-diff.tar":
            self._files_bytes = entry.size
            self._try(name, lambda: self._changed.extend(changes.written(entry)))
        elif name.startswith(_PART):
            parts = _Parts(entry, self._next)
            self._try("podferry-tree", lambda: self._changed.extend(changes.written(parts)))
            parts.skip_rest()
            self._files_bytes, self._held = parts.bytes, parts.after

    def _keep(self, name: str, entry: Entry) -> None:
        if (data := self._small(name, entry)) is None:
            return
        # Podferry sends what the container is ahead, and podman puts the same in once more.
        if self._found.setdefault(name, data) != data:
            raise Damaged(f"{name} is twice in it, and not the same")

    def _use(self, name: str, entry: Entry, pid: int, how: Callable[[int, bytes], object]) -> None:
        data = self._small(name, entry)
        if data is not None:
            self._room += len(data)
            self._try(name, lambda: how(pid, data))

    def _small(self, name: str, entry: Entry) -> bytes | None:
        if entry.size > min(_MOST_BYTES, self._room):
            self._notes.append(f"{name} is too large to be looked at")
            return None
        self._room -= entry.size
        return entry.read(entry.size)

    def _try(self, name: str, how: Callable[[], _T]) -> _T | None:
        """Read a part; where it is damaged, and not the archive, note it."""
        try:
            return how()
        except Damaged as error:
            if self._source.spent:
                raise
            self._notes.append(f"{name} cannot be read: {error}")
            return None

    def _told(self, path: Path, sidecar: Sidecar | None) -> Inside:
        container: Config = config.decoded(self._found["config.dump"], Config)
        self._source.spent = False  # Its end was reached as it should be.
        spec = self._spec()
        puzzle = Puzzle(self._found, self._memory)
        processes = puzzle.processes()
        self._changed += changes.deleted(self._deleted())
        versions = sidecar.versions if sidecar else Versions(arch=puzzle.machine)
        statistics = self._statistics()
        interfaces = self._interfaces()
        return Inside(
            archive=path.name,
            bytes=self._source.bytes,
            packing=self._source.packing,
            podferry=self._podferry,
            name=container.name,
            id=container.id,
            pod=(sidecar.pod if sidecar else "") or container.pod,
            image=container.image,
            image_id=container.image_id,
            runtime=container.runtime,
            command=container.command or (),
            created_at=container.created_time,
            checkpointed_at=sidecar.made_at if sidecar else _moment(self._made_s),
            host=sidecar.host if sidecar else "",
            versions=versions,
            options=sidecar.options if sidecar else (),
            environment=spec.variables(),
            ports=container.ports(),
            networks=container.network_names(),
            interfaces=interfaces,
            mounts=spec.mounted(),
            volumes=tuple(self._named(container, sidecar)),
            processes=processes,
            memory_bytes=self._memory_bytes,
            files_bytes=self._files_bytes,
            changed=tuple(sorted(self._changed, key=lambda changed: changed.path)),
            statistics=statistics,
            notes=(*self._notes, *puzzle.notes),
        )

    def _spec(self) -> Spec:
        data = self._found.get("spec.dump")
        if data is None:
            return Spec()
        return self._try("spec.dump", lambda: config.decoded(data, Spec)) or Spec()

    def _deleted(self) -> list[str]:
        data = self._found.get("deleted.files", b"[]")
        return self._try("deleted.files", lambda: config.decoded(data, list[str])) or []

    def _statistics(self) -> Statistics | None:
        data = self._found.get("stats-dump")
        return self._try("stats-dump", lambda: images.statistics(data)) if data else None

    def _interfaces(self) -> tuple[Interface, ...]:
        data = self._found.get("network.status")
        if data is None:
            return ()
        return self._try("network.status", lambda: config.interfaces(data)) or ()

    def _named(self, container: Config, sidecar: Sidecar | None) -> Iterator[Volume]:
        beside = sidecar.beside if sidecar else ()
        for volume in container.named_volumes or ():
            name = volume.volume_name
            sizes = [part.bytes for part in beside if part.volume == name]
            kept = sum(sizes) if sizes else self._volumes.get(name)
            yield Volume(name, volume.dest, kept)


class _Parts:
    """A tar that was cut into entries which follow one another, as one. See Source."""

    def __init__(self, first: Entry, following: Callable[[], Entry | None]) -> None:
        self._part: Entry | None = first
        self._following = following
        self.bytes = first.size
        self.after: Entry | None = None
        """The entry that comes after the last part."""

    def read(self, size: int) -> bytes:
        parts = []
        while size and self._part:
            data = self._part.read(size)
            parts.append(data)
            size -= len(data)
            if not data:
                self._go_on()
        return b"".join(parts)

    def skip(self, size: int) -> None:
        while size:
            if not self._part:
                raise Damaged("a tar inside ends too early")
            step = min(size, self._part.left)
            self._part.skip(step)
            size -= step
            if not step:
                self._go_on()

    def skip_rest(self) -> None:
        while self._part:
            self._go_on()

    def _go_on(self) -> None:
        entry = self._following()
        self._part = None
        if entry and entry.is_file and _checked(entry).startswith(_PART):
            self._part = entry
            self.bytes += entry.size
        else:
            self.after = entry


def _checked(entry: Entry) -> str:
    """An entry's name. Raises Damaged for what no checkpoint archive has."""
    name = entry.name.removeprefix("./").rstrip("/")
    if name.startswith("/") or ".." in name.split("/") or "\0" in name:
        raise Damaged(f"it has a path that leads out of it: {name[:100]!r}")
    if entry.type == tarfile.SYMTYPE:
        if not _PAGES.fullmatch(name) or not _LINK.fullmatch(entry.link):
            raise Damaged(f"it has a symlink where none belongs: {name[:100]!r}")
    elif not entry.is_file and entry.type != tarfile.DIRTYPE:
        raise Damaged(f"it has a link, device or pipe: {name[:100]!r}")
    return name


def _moment(seconds: int) -> str:
    try:
        return (
            datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if seconds else ""
        )
    except (ValueError, OverflowError, OSError):
        return ""
