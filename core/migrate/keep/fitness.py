"""Whether a kept checkpoint can be restored on a host: decided from what was seen, before it is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.checks.connections import TCP_CLOSE_SINCE
from core.errors import UsageError
from core.podman.model import SHORT_ID, HostInfo, Inspection, Inventory
from core.podman.options import RestoreOptions
from core.podman.version import dotted

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*")
_PUBLISHED = re.compile(
    r"(?:(?:\[[0-9a-fA-F:.]+\]|[0-9.]+):(?=.*:))?"
    r"(?:(?:(?P<host>\d+)(?:-(?P<last>\d+))?)?:)?"
    r"(?P<port>\d+)(?:-\d+)?(?:/(?P<protocol>tcp|udp|sctp))?"
)
"""`[[IP:][HOST]:]CONTAINER[/PROTOCOL]`, either port perhaps a range."""
_TIMES = 2
"""What podman takes of an archive's size: what was received, and what it unpacks."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What an archive says of its container. Empty: it does not say."""

    archive: Path
    sha256: str
    plain: bool
    """Podman has written it, not Podferry."""
    name: str
    id: str = ""
    pod: str = ""
    image: str = ""
    image_id: str = ""
    arch: str = ""
    runtime: str = ""
    made: str = ""
    """Where and when."""
    ports: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    volumes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """By name, with what inspect said of it."""
    bytes: int = 0
    """Of the archive and what lies beside it."""
    lived_on: tuple[str, ...] = ()
    """Why the container, or another copy of it, has run since."""
    evidence: Mapping[str, Any] | None = None
    """What was seen of it when it was kept, as its sidecar holds it."""


@dataclass(frozen=True, slots=True)
class Place:
    """What of a host decides whether it can be restored there."""

    host: HostInfo
    has: Inventory
    pod: Inspection | None
    """The pod that it is to join, if it is there."""


def require_sense(options: RestoreOptions) -> None:
    """Refuse what Podman fails at late, or takes: it restores under any name. Raises UsageError."""
    if options.name and not _NAME.fullmatch(options.name):
        raise UsageError(
            f"{options.name!r} is no name of a container",
            todo="It has letters, digits, _ . and -, and begins with a letter or digit.",
        )
    for port in options.publish:
        numbers = [int(n) for n in re.findall(r"\d+", port.rpartition("]")[2].partition("/")[0])]
        if not _PUBLISHED.fullmatch(port) or not 0 < max(numbers) < 65536:
            raise UsageError(
                f"{port!r} is no port to publish",
                todo="podman run takes [[IP:]HOST:]CONTAINER[/PROTOCOL], such as 8181:8088.",
            )
    if options.tcp_established and options.tcp_close:
        raise UsageError("--tcp-established keeps connections, and --tcp-close closes them")


def blocks(subject: Subject, place: Place, options: RestoreOptions, *, volumes: bool) -> list[str]:
    """Why it cannot be restored, all of it, each with what to do."""
    return [
        *_unfit(subject, place.host, options),
        *_missing(subject, place, options),
        *_space(subject, place),
        *_taken(subject, place, options, volumes=volumes),
    ]


def _unfit(subject: Subject, host: HostInfo, options: RestoreOptions) -> Iterator[str]:
    if host.rootless:
        yield "rootless Podman cannot restore: reach the host as root, or with sudo"
    if host.criu_version is None:
        yield "CRIU is not installed there"
    if subject.arch and host.architecture and subject.arch != host.architecture:
        yield f"it was made on {subject.arch}, and this host is {host.architecture}"
    runtime = subject.runtime.partition(" ")[0]
    if runtime and host.runtimes and not host.find_runtime(runtime):
        yield f"its runtime {runtime} is not installed there"
    if options.tcp_close and host.podman_version < TCP_CLOSE_SINCE:
        yield f"--tcp-close needs Podman {dotted(TCP_CLOSE_SINCE)}"
    if options.name and options.tcp_established:
        yield "a copy under a new name has a new address: --tcp-established cannot go with --name"


def _missing(subject: Subject, place: Place, options: RestoreOptions) -> Iterator[str]:
    if subject.image_id and subject.image_id not in place.has.images:
        known = subject.image or subject.image_id[:SHORT_ID]
        yield (
            f"its image {known} with the ID {subject.image_id[:SHORT_ID]} is not there: bring it "
            f"with podman image save and load, which keep the ID (a pull of {known} may not)"
        )
    if not options.pod:
        for network in subject.networks:
            if network not in place.has.networks:
                yield f"the network {network} is not there: podman network create {network}"
    if subject.pod and not options.pod:
        yield f"it was in the pod {subject.pod}: name a pod that is there with --pod"
    if options.pod and place.pod is None:
        yield f"there is no pod {options.pod}: make it first (podman pod create)"


def _space(subject: Subject, place: Place) -> Iterator[str]:
    """It is received first, and podman unpacks it from there."""
    needed, free = _TIMES * subject.bytes, place.has.free_bytes
    if needed > free:
        yield (
            f"about {needed / 2**20:.0f} MiB are needed in {place.host.graph_root}, and "
            f"{free / 2**20:.0f} MiB are free"
        )


def _taken(
    subject: Subject, place: Place, options: RestoreOptions, *, volumes: bool
) -> Iterator[str]:
    has = place.has
    name = options.name or subject.name
    if name in has.containers or name in has.pods:
        yield f"the name {name} is taken there: remove that one, or choose another with --name"
    elif not options.name and subject.id in has.containers.values():
        yield f"the ID {subject.id[:SHORT_ID]} is taken there: remove that one, or use --name"
    if not options.pod:
        for port in options.publish or subject.ports:
            for number, protocol in _host_ports(port):
                if (protocol, number) in has.listening:
                    yield f"port {number}/{protocol} is taken there: choose another with --publish"
    if volumes:
        for volume in sorted(set(subject.volumes) & has.volumes):
            yield (
                f"the volume {volume} is there already: remove it, or use what is in it "
                "with --ignore-volumes"
            )


def _host_ports(published: str) -> Iterator[tuple[int, str]]:
    """The host's ports that are asked for; none where Podman chooses."""
    found = _PUBLISHED.fullmatch(published)
    if found and found["host"]:
        for number in range(int(found["host"]), int(found["last"] or found["host"]) + 1):
            yield number, found["protocol"] or "tcp"


def doubts(
    subject: Subject, host: HostInfo, options: RestoreOptions, *, volumes: bool
) -> list[str]:
    """What is not as it was, or may be wrong, though it can be restored."""
    told = []
    if subject.lived_on:
        told += [f"{how}: what it did since is not in here" for how in subject.lived_on]
    elif not options.name and subject.made:
        told.append("If it runs elsewhere by now, there will be two of it.")
    if subject.plain:
        told.append(
            "Podman has written it: a file that was changed in the container is missing if the "
            "host that it was made on had none of that path"
        )
    if subject.volumes and not volumes:
        told.append(f"it gets the volumes of {host.label}, not those that were kept")
    return told
