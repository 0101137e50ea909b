"""What an archive is, by its sidecar or by what is in it; its bytes are hashed on the way."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Sequence
from pathlib import Path

from core.archive.inside import Inside
from core.archive.library import digest
from core.archive.reader import look_inside
from core.archive.sidecar import Beside, Sidecar, read_sidecar, write_sidecar
from core.errors import PodferryError
from core.migrate.keep.fitness import Subject


async def open_archive(path: Path) -> tuple[Subject, Sequence[Beside]]:
    """What it is, and the files of its volumes. Raises PodferryError when it is not whole."""
    sha256 = await asyncio.to_thread(digest, path)
    sidecar = read_sidecar(path)
    if sidecar is None:
        return _told_by(path, sha256, await asyncio.to_thread(look_inside, path)), ()
    _require(path, sha256, sidecar.sha256)
    for part in sidecar.beside:
        beside = path.with_name(part.file)
        _require(beside, await asyncio.to_thread(digest, beside), part.sha256)
    return _subject(path, sidecar), sidecar.beside


def _require(path: Path, found: str, noted: str) -> None:
    if found != noted:
        raise PodferryError(
            f"{path.name} is not what was kept: its bytes have changed",
            detail=f"sha256 {found[:16]}…, noted {noted[:16]}…",
            now="Nothing was done with it.",
            todo="Use another copy of it.",
        )


def _subject(path: Path, told: Sidecar) -> Subject:
    lived = [f"it was restored before ({where})" for where in told.restored]
    if "leave-running" in told.options:
        lived.append(f"{told.container.name} went on running on {told.host} after this checkpoint")
    return Subject(
        archive=path,
        sha256=told.sha256,
        plain=False,
        name=told.container.name,
        id=told.container.id,
        pod=told.pod,
        image=told.image.name,
        image_id=told.image.id,
        arch=told.versions.arch,
        runtime=told.versions.runtime,
        made=f"made on {told.host} at {told.made_at}",
        ports=told.ports,
        networks=told.networks,
        volumes={part.volume: part.like for part in told.beside},
        bytes=told.whole_bytes,
        lived_on=tuple(lived),
        evidence=told.evidence,
    )


def _told_by(path: Path, sha256: str, inside: Inside) -> Subject:
    return Subject(
        archive=path,
        sha256=sha256,
        plain=not inside.podferry,
        name=inside.name,
        id=inside.id,
        bytes=inside.bytes,
        pod=inside.pod,
        image=inside.image,
        image_id=inside.image_id,
        runtime=inside.runtime,
        ports=inside.ports,
        networks=inside.networks,
        volumes={volume.name: {} for volume in inside.volumes},
    )


async def note_restored(path: Path, where: str) -> None:
    """Write down of an archive that has a sidecar that it was restored. Raises PodferryError."""
    told = read_sidecar(path)
    if told is not None:
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        now = dataclasses.replace(told, restored=(*told.restored, f"{at} {where}"))
        await asyncio.to_thread(write_sidecar, path, now)
