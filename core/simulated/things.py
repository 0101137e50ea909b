"""What a simulated host holds: containers, pods, images, networks and volumes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from core.podman.model import Inside, Port, State
from core.simulated.tarstream import Blob

MIB = 1024 * 1024
"""Bytes."""

NOTHING: Mapping[str, str] = MappingProxyType({})


def nothing() -> Mapping[str, str]:
    """Default of fields that map names."""
    return NOTHING


Content = bytes | Blob
"""What a file holds; large contents are described instead of kept."""


@dataclass(frozen=True, slots=True)
class Mount:
    """A volume or a directory of the host inside a container."""

    destination: str
    source: str
    """A volume's name, or a path on the host."""
    is_volume: bool = True
    writable: bool = True
    options: tuple[str, ...] = ("rbind",)


@dataclass(frozen=True, slots=True)
class Spec:
    """How a container was made."""

    image: str
    image_id: str
    command: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=nothing)
    labels: Mapping[str, str] = field(default_factory=nothing)
    ports: tuple[Port, ...] = ()
    networks: Mapping[str, str] = field(default_factory=nothing)
    """Name to static address, which may be empty."""
    network_mode: str = "bridge"
    mounts: tuple[Mount, ...] = ()
    secrets: tuple[str, ...] = ()
    restart_policy: str = "no"
    user: str = ""
    working_dir: str = "/"
    hostname: str = ""
    tty: bool = False
    stop_signal: str = "SIGTERM"
    stop_timeout_s: int = 10
    healthcheck: tuple[str, ...] = ()
    auto_remove: bool = False
    privileged: bool = False
    memory_limit_bytes: int = 0
    """0 means unlimited."""
    ulimits: tuple[str, ...] = ()
    """Such as `nofile=1024:2048`."""
    sysctls: Mapping[str, str] = field(default_factory=nothing)
    devices: tuple[str, ...] = ()
    holds: Inside = field(default_factory=Inside)
    """What its program opens when it starts; ports and the program's name need not be told."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What a running container knows, lost by a cold start and carried by a checkpoint."""

    size_bytes: int = 4 * MIB
    hits: int = 0
    """Times that the container was asked for its counter."""
    ran_s: float = 0.0
    """Time that it ran before it last began to run."""


@dataclass(frozen=True, slots=True)
class Dump:
    """A container's state, frozen by a checkpoint."""

    container_id: str
    name: str
    spec: Spec
    memory: Memory
    files: Mapping[str, bytes]
    addresses: Mapping[str, str]
    created_s: float


@dataclass(slots=True)
class SimContainer:
    """A container of a simulated host."""

    id: str
    name: str
    spec: Spec
    created_s: float
    pod_id: str = ""
    is_infra: bool = False
    state: State = State.CREATED
    started_s: float = 0.0
    finished_s: float = 0.0
    exit_code: int = 0
    pid: int = 0
    memory: Memory = field(default_factory=Memory)
    idle_memory_bytes: int = 4 * MIB
    """What it takes after a cold start."""
    files: dict[str, bytes] = field(default_factory=dict)
    """Files that it changed, by path."""
    found: Mapping[str, Mapping[str, Content]] = field(default_factory=dict)
    """What its volumes held when it last began to run, and under an empty name its own files."""
    layer_bytes: int = 64 * 1024
    addresses: dict[str, str] = field(default_factory=dict)
    left: Dump | None = None
    """The checkpoint that it left on this host."""
    checkpointed: bool = False
    restored: bool = False
    log: list[str] = field(default_factory=list)
    busy_dumps: int = 0
    """So many dumps fail with a connection in flight before one succeeds."""

    @property
    def running(self) -> bool:
        """Whether its processes exist."""
        return self.state in (State.RUNNING, State.PAUSED)

    def ran_s(self, now_s: float) -> float:
        """How long its memory has lived in all, over checkpoints."""
        return self.memory.ran_s + (now_s - self.started_s if self.running else 0.0)


@dataclass(slots=True)
class SimPod:
    """A pod of a simulated host."""

    id: str
    name: str
    created_s: float
    infra_id: str = ""
    labels: Mapping[str, str] = field(default_factory=nothing)
    ports: tuple[Port, ...] = ()
    networks: Mapping[str, str] = field(default_factory=nothing)
    shared: tuple[str, ...] = ("ipc", "net", "uts")
    hostname: str = ""
    restart_policy: str = "no"


@dataclass(slots=True)
class SimImage:
    """An image of a simulated host."""

    id: str
    tags: tuple[str, ...]
    size_bytes: int
    created_s: float = 0.0
    command: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=nothing)


@dataclass(slots=True)
class SimNetwork:
    """A network of a simulated host."""

    id: str
    name: str
    subnet: str
    gateway: str
    driver: str = "bridge"
    interface: str = "podman0"
    internal: bool = False
    dns: bool = True
    labels: Mapping[str, str] = field(default_factory=nothing)
    options: Mapping[str, str] = field(default_factory=nothing)
    created_s: float = 0.0
    given: int = 1
    """Host parts of addresses given out so far; the gateway has the first."""


@dataclass(slots=True)
class SimVolume:
    """A named volume of a simulated host."""

    name: str
    driver: str = "local"
    labels: Mapping[str, str] = field(default_factory=nothing)
    options: Mapping[str, str] = field(default_factory=nothing)
    created_s: float = 0.0
    files: dict[str, Content] = field(default_factory=dict)
    aside: dict[str, Content] | None = None
    """What it held before it was made room in."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A checkpoint archive that a host has received."""

    dump: Dump | None
    """None: it was altered on its way, which shows only when it is restored."""
    problem: str = ""
