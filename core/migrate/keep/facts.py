"""What a kept checkpoint is made of, and what stands in its way: decided from what was seen."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from core.archive.sidecar import Beside, ContainerRef, ImageRef, Sidecar, Versions
from core.checks.facts import bind_sources, volume_names
from core.checks.model import Flag
from core.checks.translate import Translation
from core.errors import CommandFailed
from core.evidence.model import Evidence
from core.podman.bindings import published
from core.podman.model import HostInfo, Inspection
from core.podman.options import CheckpointOptions
from core.podman.streams import Receipt
from core.podman.version import dotted

_OPTION = {Flag.TCP: "--tcp-established", Flag.FILE_LOCKS: "--file-locks"}


@dataclass(frozen=True, slots=True)
class Piece:
    """A file beside an archive that holds a volume's contents, or the later part of them."""

    volume: str
    path: Path
    first: bool
    """It was sent while the container ran; another piece has what changed until it stopped."""


def pieces(archive: Path, volumes: Sequence[str], *, two_passes: bool) -> list[Piece]:
    """The files of the volumes: two for each, where the container is not to be down for long."""
    return [
        Piece(volume, archive.with_name(f"{archive.name}.volume-{number}{word}"), word != "")
        for number, volume in enumerate(volumes, 1)
        for word in ((".before", "") if two_passes else ("",))
    ]


def blocks(host: HostInfo, container: Inspection, units: Mapping[str, str]) -> list[str]:
    """Why a container cannot be checkpointed, all of it."""
    name, state = str(container["Name"]), container.get("State") or {}
    reasons = []
    if host.rootless:
        reasons.append("rootless Podman cannot checkpoint: reach the host as root, or with sudo")
    if host.criu_version is None:
        reasons.append("CRIU is not installed there")
    if str(state.get("Status")) != "running":
        reasons.append(f"it is {state.get('Status')}, and only what runs can be checkpointed")
    if (container.get("HostConfig") or {}).get("AutoRemove"):
        reasons.append("it was started with --rm: the checkpoint would delete it")
    if unit := units.get(name):
        reasons.append(
            f"it belongs to the systemd unit {unit}, which would start it again while it is down: "
            f"mask the unit (systemctl mask --runtime {unit}) and unmask it afterwards"
        )
    return reasons


def with_flag(failure: CommandFailed, means: Translation | None, name: str) -> CommandFailed:
    """The failure of a dump, with what it would take and what is true now."""
    failure.item = name
    failure.now = f"{name} runs on as before."
    if means and means.flag:
        failure.todo = f"Try again with {_OPTION[means.flag]}."
    return failure


def losses(container: Inspection, *, with_volumes: bool) -> tuple[str, ...]:
    """What of a container is not in its archive."""
    told = [f"the contents of {path}, a folder of the host" for path in bind_sources(container)]
    if not with_volumes:
        told += [f"the contents of the volume {name}" for name in volume_names(container)]
    return tuple(told)


def sidecar(
    host: HostInfo,
    container: Inspection,
    archive: Path,
    received: Mapping[Path, tuple[Receipt, int]],
    parts: Sequence[Piece],
    *,
    pod: str,
    digest: str,
    options: Sequence[str],
    volumes: Mapping[str, Inspection],
    evidence: Evidence | None,
) -> Sidecar:
    """What is written down of an archive, `received` by file."""
    receipt, size = received[archive]
    runtime = str(container.get("OCIRuntime") or host.runtime)
    found = host.find_runtime(runtime)
    networks = (container.get("NetworkSettings") or {}).get("Networks") or {}
    return Sidecar(
        archive=archive.name,
        sha256=receipt.sha256,
        bytes=size,
        made_at=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        host=host.label,
        container=ContainerRef(name=str(container["Name"]), id=str(container["Id"])),
        pod=pod,
        image=ImageRef(
            name=str(container.get("ImageName") or ""),
            id=str(container["Image"]).removeprefix("sha256:"),
            digest=digest,
        ),
        versions=Versions(
            podman=dotted(host.podman_version),
            criu=dotted(host.criu_version or ()),
            runtime=f"{runtime} {dotted(found.version)}" if found else runtime,
            kernel=host.kernel,
            arch=host.architecture,
        ),
        options=tuple(options),
        volumes=tuple(dict.fromkeys(part.volume for part in parts)),
        ports=tuple(_ports(container)),
        networks=tuple(networks),
        evidence=msgspec.json.decode(msgspec.json.encode(evidence)) if evidence else None,
        beside=tuple(
            Beside(
                file=part.path.name,
                volume=part.volume,
                first=part.first,
                sha256=received[part.path][0].sha256,
                bytes=received[part.path][1],
                like=volumes.get(part.volume, {}),
            )
            for part in parts
        ),
    )


def option_names(dump: CheckpointOptions, *, leave_running: bool) -> tuple[str, ...]:
    """The options of a checkpoint, as its command line has them."""
    given = {
        "leave-running": leave_running,
        "tcp-established": dump.tcp_established,
        "file-locks": dump.file_locks,
    }
    return tuple(name for name, is_set in given.items() if is_set)


def _ports(container: Inspection) -> list[str]:
    return [
        f"{f'{port.host_ip}:' if port.host_ip else ''}"
        f"{port.host_port}:{port.container_port}/{port.protocol}"
        for port in published((container.get("HostConfig") or {}).get("PortBindings"))
    ]
