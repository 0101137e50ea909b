"""The changed files of a container, from the tar that Podman or Podferry has made of them."""

from __future__ import annotations

import tarfile

from core.archive.inside import Changed
from core.archive.tarwalk import entries
from core.archive.unpacking import Source

_MOST = 200_000
_TYPES = {tarfile.DIRTYPE: "folder", tarfile.SYMTYPE: "symlink"}


def written(source: Source) -> list[Changed]:
    """What was added or changed. Raises Damaged."""
    return [
        Changed(
            path=absolute(entry.name),
            how="written",
            type=_TYPES.get(entry.type, "file" if entry.is_file else "other"),
            bytes=entry.real_size,
        )
        for entry in entries(source)
        if absolute(entry.name) != "/"
    ]


def deleted(paths: list[str]) -> list[Changed]:
    """What Podman says was deleted."""
    return [Changed(absolute(path), "deleted", "other", 0) for path in paths[:_MOST]]


def absolute(path: str) -> str:
    """A path in an archive as the container has it."""
    return "/" + path.removeprefix("./").strip("/").removeprefix(".")
