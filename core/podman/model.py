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


class Thing(StrEnum):
    """What can be inspected."""

    CONTAINER = "container"
    POD = "pod"
    IMAGE = "image"
    NETWORK = "network"
    VOLUME = "volume"


class PathKind(StrEnum):
    """What a path leads to."""

    FOLDER = "folder"
    FILE = "file"
    """Or anything else that is no folder."""


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
class Change:
    """Something in a host's estate changed: reason enough to look again."""

    action: str
    """Podman's event status, such as start, died, remove."""
    id: str
    name: str


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
    store_id: str = ""
    """A digest of what tells its store from any other, over reboots too. Empty: not known."""
    copy_on_write: bool = False
    """The graph root lies on btrfs, and it or a folder near its top is not nodatacow."""
    runtimes: tuple[Runtime, ...] = ()
    """crun and runc, those that are there. Empty: not known."""
    tools: frozenset[str] = frozenset()
    """Those of the programs that fixes and checks care for which the host has, such as nft."""
    cpu_flags: frozenset[str] = frozenset()
    """As /proc/cpuinfo names them. Empty: not known."""
    criu_trouble: str = ""
    """What `criu check` complains of. Empty: nothing, or it was not asked."""
    criu_features: frozenset[str] = frozenset()
    """Those that `criu check --feature` confirms, such as mem_dirty_track."""
    criu_options: Mapping[str, str] = field(default_factory=dict)
    """Options in the CRIU configuration that the OCI runtime reads, such as network-lock."""
    libcriu: bool | None = None
    """Whether the library that crun wants is installed. None: not known."""
    cgroup_version: int = 2
    cgroup_manager: str = ""
    lsm: frozenset[str] = frozenset()
    """Security modules that confine containers: apparmor, selinux."""
    service: bool | None = None
    """Whether Podman's API service listens for its user. None: not known."""

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
    addresses: Mapping[str, str] = field(default_factory=dict)
    """IP or MAC address that a container has now or asked for, to the container's name."""
    units: Mapping[str, str] = field(default_factory=dict)
    """Name of a container or pod to the systemd unit that owns it and is not masked."""
    tmp_free_bytes: int | None = None
    """Room in /var/tmp. None: not known."""
    run_free_bytes: int | None = None
    """Room in the tmpfs on /run. None: not known."""
    clock_ahead_s: float = 0.0
    """How far the host's clock is ahead of this machine's, in seconds."""


@dataclass(frozen=True, slots=True)
class StoreState:
    """What of a host's store is copied on write, counted at one instant. Not on btrfs: nothing."""

    filesystem: str
    driver: str
    folders: int = 0
    """All folders of the store, whatever is mounted below it left out."""
    cow_folders: int = 0
    """Those without nodatacow: what is made in them later is copied on write."""
    cow_files: int = 0
    """Files that are copied on write."""
    cow_bytes: int = 0
    """What those take on disk."""
    linked_files: int = 0
    """Those of them with several names, which a rewriting leaves."""
    rewritable_files: int = 0
    """Those of them that a rewriting reaches: of images, containers and volumes, with one name."""
    rewritable_bytes: int = 0
    """What those take on disk."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret with its value, on its way from one host to another."""

    name: str
    value: bytes = field(repr=False)
    labels: Mapping[str, str] = field(default_factory=lambda: NO_LABELS)


@dataclass(frozen=True, slots=True)
class Inside:
    """What the processes of a running container hold, as far as it matters to a checkpoint."""

    listening: tuple[str, ...] = ()
    """TCP sockets that listen, such as `0.0.0.0:8088`."""
    established: tuple[str, ...] = ()
    """Open TCP connections, such as `10.88.0.2:8088 10.88.0.1:41234`."""
    in_flight: tuple[str, ...] = ()
    """TCP connections that are just being made."""
    locked: tuple[str, ...] = ()
    """Files that a process of it holds a lock on."""
    deleted: Mapping[str, int] = field(default_factory=dict)
    """Open files that have no name any more, to their bytes on disk."""
    unix_outside: tuple[str, ...] = ()
    """Unix sockets whose peer is no process of the container."""
    devices: tuple[str, ...] = ()
    """Open device nodes beyond the harmless ones (null, zero, full, random, urandom, tty, pts)."""
    anonymous: frozenset[str] = frozenset()
    """Kinds of anonymous inodes that it has open: inotify, io_uring, userfaultfd, ..."""
    shared_mounts: tuple[str, ...] = ()
    """Mount points inside that propagate to the host (shared:N in mountinfo)."""
    program: str = ""
    """Name of its first process, such as systemd."""
