"""Kept archives in a folder, as Podferry notes them."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from core.archive.library import digest
from core.archive.sidecar import (
    Beside,
    ContainerRef,
    ImageRef,
    Sidecar,
    Versions,
    write_sidecar,
)
from tests.core.archive import making

SIDECAR = Sidecar(
    archive="",
    sha256="",
    bytes=0,
    made_at="2026-01-31T23:59:59Z",
    host="old",
    container=ContainerRef("web", "ab" * 32),
    pod="",
    image=ImageRef("localhost/web:latest", "cd" * 32, "sha256:12"),
    versions=Versions("5.8.6", "4.2.1", "crun 1.28", "6.18.0", "amd64"),
    options=("leave-running",),
    evidence={"processes": [{"pid": 1}]},
)


def keep(
    folder: Path,
    name: str,
    *,
    container: str = "web",
    host: str = "old",
    made_at: str = SIDECAR.made_at,
    volume: str = "",
    data: bytes | None = None,
) -> Path:
    """An archive with its sidecar, and a volume beside it if one is named."""
    folder.mkdir(parents=True, exist_ok=True)
    path = making.write(folder / name, data)
    beside: tuple[Beside, ...] = ()
    if volume:
        part = making.write(folder / f"{name}.volume-1", making.tar({"a": b"1"}))
        size = part.stat().st_size
        beside = (Beside(part.name, volume, False, digest(part), size, {"Name": volume}),)
    told = replace(
        SIDECAR,
        archive=name,
        sha256=digest(path),
        bytes=path.stat().st_size,
        host=host,
        made_at=made_at,
        container=ContainerRef(container, "ab" * 32),
        volumes=(volume,) if volume else (),
        beside=beside,
    )
    write_sidecar(path, told)
    return path


def plain(folder: Path, name: str, made_s: float) -> Path:
    """An archive of plain Podman."""
    folder.mkdir(parents=True, exist_ok=True)
    path = making.write(folder / name, packing="zstd")
    os.utime(path, (made_s, made_s))
    return path
