"""What is noted of a kept archive when it is made: FILE.json beside it.

It is JSON with the names below, 0600, because evidence may tell of secrets. Whatever it has besides
is let be, so that a later Podferry may add to it; what an older one cannot understand has a higher
`format` and is refused.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from core.errors import PodferryError

FORMAT = 1
_MOST_BYTES = 64 * 2**20
"""Of a sidecar: one with evidence of a large container has some hundred thousand."""


@dataclass(frozen=True, slots=True)
class ContainerRef:
    """The container that an archive is of."""

    name: str
    id: str


@dataclass(frozen=True, slots=True)
class ImageRef:
    """The image that a restore needs; `id` without `sha256:`."""

    name: str
    id: str
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Versions:
    """What ran on the host that made the archive."""

    podman: str = ""
    criu: str = ""
    runtime: str = ""
    kernel: str = ""
    arch: str = ""


@dataclass(frozen=True, slots=True)
class Beside:
    """A file beside the archive that belongs to it: a volume's contents."""

    file: str
    volume: str
    first: bool
    """It was sent while the container ran; another file has what changed until it stopped."""
    sha256: str
    bytes: int
    like: Mapping[str, Any]
    """What Podman said of the volume, so that one like it can be made."""


@dataclass(frozen=True, slots=True)
class Sidecar:
    """All that is noted of an archive."""

    archive: str
    """Its file name."""
    sha256: str
    bytes: int
    made_at: str
    """UTC, as in 2026-01-31T23:59:59Z."""
    host: str
    """As the operator named it."""
    container: ContainerRef
    pod: str
    """Empty for a single container."""
    image: ImageRef
    versions: Versions
    options: tuple[str, ...] = ()
    """Of the checkpoint, such as `tcp-established`."""
    volumes: tuple[str, ...] = ()
    """Whose contents are kept too, in files beside the archive."""
    ports: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    evidence: Mapping[str, Any] | None = None
    beside: tuple[Beside, ...] = ()
    restored: tuple[str, ...] = ()
    """Where, when and as what it was restored, such as `2026-01-31T23:59:59Z on new as web`."""
    format: int = FORMAT

    @property
    def whole_bytes(self) -> int:
        """Of the archive and what belongs to it."""
        return self.bytes + sum(part.bytes for part in self.beside)


@dataclass(frozen=True, slots=True)
class _AnyFormat:
    format: int


def sidecar_path(archive: Path) -> Path:
    """Where what is noted of an archive lies."""
    return archive.with_name(f"{archive.name}.json")


def read_sidecar(archive: Path) -> Sidecar | None:
    """What is noted of an archive, or None. Raises PodferryError when it cannot be understood."""
    path = sidecar_path(archive)
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unreadable(path, os.strerror(error.errno or 0)) from None
    if len(data) > _MOST_BYTES:
        raise _unreadable(path, "it is far too large")
    try:
        found = msgspec.json.decode(data, type=_AnyFormat).format
        if found > FORMAT:
            raise PodferryError(
                f"{path.name} was written by a newer Podferry (format {found})",
                todo="Read it with that version, or a later one.",
            )
        told = msgspec.json.decode(data, type=Sidecar)
    except (ValueError, RecursionError) as error:
        raise _unreadable(path, str(error)) from None
    for part in told.beside:
        if part.file != Path(part.file).name or part.file in ("", ".", ".."):
            raise _unreadable(path, f"it names {part.file!r}, which lies elsewhere")
    return told


def write_sidecar(archive: Path, sidecar: Sidecar) -> None:
    """Put it beside the archive, whole or not at all. Raises PodferryError when it cannot."""
    path = sidecar_path(archive)
    draft = path.with_name(f".podferry.{secrets.token_hex(8)}.part")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(draft, flags, 0o600), "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(sidecar)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise PodferryError(
            f"{path.name} cannot be written: {os.strerror(error.errno or 0)}",
            todo=f"Make room in {path.parent}, or name another place with -o.",
        ) from None


def _unreadable(path: Path, why: str) -> PodferryError:
    return PodferryError(
        f"what is noted in {path.name} cannot be read",
        detail=why[:300],
        todo="Remove that file to use the archive as one of plain Podman.",
    )
