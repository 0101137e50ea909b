"""Sidecar stub."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class ContainerRef:
    name: str
    id: str


@dataclass(frozen=True, slots=True)
class ImageRef:
    name: str
    id: str
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Versions:
    podman: str = ""
    criu: str = ""
    runtime: str = ""
    kernel: str = ""
    arch: str = ""


@dataclass(frozen=True, slots=True)
class Beside:
    file: str
    volume: str
    first: bool
    sha256: str
    bytes: int
    like: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sidecar:
    archive: str
    sha256: str
    bytes: int
    made_at: str
    host: str
    container: ContainerRef
    pod: str
    image: ImageRef
    versions: Versions
    options: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    ports: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    evidence: Mapping[str, Any] | None = None
    beside: tuple[Beside, ...] = ()
    format: int = 1

    @property
    def whole_bytes(self) -> int:
        return self.bytes + sum(b.bytes for b in self.beside)


def read_sidecar(archive: Path) -> Sidecar | None:
    p = archive.with_name(archive.name + ".json")
    if not p.exists():
        return None
    d = json.loads(p.read_text())
    d["container"] = ContainerRef(**d["container"])
    d["image"] = ImageRef(**d["image"])
    d["versions"] = Versions(**d["versions"])
    d["beside"] = tuple(Beside(**b) for b in d["beside"])
    return Sidecar(**d)
