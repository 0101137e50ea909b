"""What a host holds, as immutable values: the estate with its items, and facts about the host."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

Inspection = Mapping[str, Any]
"""The JSON object that `podman inspect` prints for one thing, unchanged."""

SHORT_ID = 12
"""Digits of a short ID, as podman prints it."""
NO_LABELS: Mapping[str, str] = MappingProxyType({})


class State(StrEnum):
    """State of a container or pod, in Podman's words."""

    RUNNING = "running"
    PAUSED = "paused"
    CREATED = "created"
    EXITED = "exited"
    DEGRADED = "degraded"
    """Of a pod: some of its containers run, and some do not."""
    UNKNOWN = "unknown"


class Kind(StrEnum):
    """What an item is."""

    POD = "pod"
    CONTAINER = "container"


class Route(StrEnum):
    """How an item moves."""

    CHECKPOINT = "checkpoint"
    KUBE = "kube"


@dataclass(frozen=True, slots=True)
class Port:
    """A published port."""

    host_port: int
    container_port: int
    protocol: str = "tcp"
    host_ip: str = ""
    """Empty means all addresses."""

    def __str__(self) -> str:
        address = f"{self.host_ip}:" if self.host_ip else ""
        suffix = "" if self.protocol == "tcp" else f"/{self.protocol}"
        return f"{address}{self.host_port}→{self.container_port}{suffix}"


@dataclass(frozen=True, slots=True)
class Container:
    """A container as a listing shows it."""

    id: str
    name: str
    image: str
    image_id: str
    state: State
    created_s: float = 0.0
    """Unix time."""
    started_s: float = 0.0
    exit_code: int = 0
    pid: int = 0
    command: tuple[str, ...] = ()
    pod_id: str = ""
    """Empty for a single container."""
    labels: Mapping[str, str] = field(default_factory=lambda: NO_LABELS)
    ports: tuple[Port, ...] = ()
    networks: tuple[str, ...] = ()
    mounts: tuple[str, ...] = ()
    """Destinations inside the container."""
    size_bytes: int | None = None
    """Size of the writable layer. None: not measured."""
    auto_remove: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """What moves as one: a pod with its containers (infra left out), or a single container."""

    kind: Kind
    id: str
    name: str
    state: State
    containers: tuple[Container, ...]
    created_s: float = 0.0
    labels: Mapping[str, str] = field(default_factory=lambda: NO_LABELS)
    ports: tuple[Port, ...] = ()
    networks: tuple[str, ...] = ()
    infra_id: str = ""
    """Of a pod with an infra container; else empty."""

    @property
    def running(self) -> int:
        """How many of its containers run."""
        return sum(c.state is State.RUNNING for c in self.containers)

    @property
    def size_bytes(self) -> int | None:
        """Sum of its writable layers. None: not measured."""
        sizes = [c.size_bytes for c in self.containers if c.size_bytes is not None]
        return sum(sizes) if sizes else None


@dataclass(frozen=True, slots=True)
class Estate:
    """All pods and containers of a host at one instant, sorted by kind (pods first) and name."""

    host: str
    items: tuple[Item, ...]
    taken_s: float
    """Unix time on the machine that looked."""

    def find(self, name: str) -> Item | None:
        """The item of that name, full ID, or an ID prefix of 12 and more digits; else None."""
        exact = [i for i in self.items if name in (i.name, i.id)]
        if exact:
            return exact[0]
        prefix = [i for i in self.items if len(name) >= SHORT_ID and i.id.startswith(name)]
        return prefix[0] if len(prefix) == 1 else None

    @property
    def container_count(self) -> int:
        """Containers in all items."""
        return sum(len(i.containers) for i in self.items)


@dataclass(frozen=True, slots=True)
class Usage:
    """What a running container takes at one instant."""

    memory_bytes: int
    cpu_percent: float


@dataclass(frozen=True, slots=True)
class Process:
    """A process of a container as `podman top` lists it."""

    pid: str
    user: str
    elapsed: str
    command: str


@dataclass(frozen=True, slots=True)
class Details:
    """More about one container, for the operator's eyes."""

    inspection: Inspection
    processes: tuple[Process, ...]
    log_tail: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Runtime:
    """An OCI runtime that a host has."""

    name: str
    version: tuple[int, ...]
    checkpoints: bool = True
    """Whether it was built with CRIU."""


@dataclass(frozen=True, slots=True)
class HostInfo:
    """Facts about a host that decide what it can do."""

    label: str
    podman_version: tuple[int, ...]
    rootless: bool
    storage_driver: str
    graph_root: str
    filesystem: str
    """Of the graph root, such as btrfs, xfs, ext4, as stat -f names it."""
    runtime: str
    """The default OCI runtime, such as crun."""
    criu_version: tuple[int, ...] | None
    """None: no CRIU found."""
    architecture: str
    kernel: str
    os: str
    network_backend: str = "netavark"
    hostname: str = ""
    machine_id: str = ""
    """Boot ID with the device and inode of the graph root: whether two addresses are one store."""
    copy_on_write: bool = False
    """The graph root lies on btrfs and is not nodatacow."""
    runtimes: tuple[Runtime, ...] = ()
    """crun and runc, those that are there. Empty: not known."""

    def find_runtime(self, name: str) -> Runtime | None:
        """The OCI runtime of that name; None if there is none, or nothing is known of it."""
        return next((runtime for runtime in self.runtimes if runtime.name == name), None)


@dataclass(frozen=True, slots=True)
class Inventory:
    """Names and numbers on a host that a plan must know before it touches anything."""

    images: Mapping[str, tuple[str, ...]]
    """Full image ID (no sha256: prefix) to its tags."""
    networks: Mapping[str, Inspection]
    volumes: frozenset[str]
    secrets: frozenset[str]
    listening: frozenset[tuple[str, int]]
    """(tcp or udp, port) that something on the host listens on."""
    free_bytes: int
    """Room on the filesystem of the graph root."""
    pods: frozenset[str]
    containers: Mapping[str, str]
    """Name to ID, of all, infra containers too."""
