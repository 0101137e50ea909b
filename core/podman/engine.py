"""The Engine protocol: everything that Podferry asks of one host's Podman.

Two implementations: `core.podman.real` (podman-py observes, the podman CLI acts) and
`core.simulated` (in memory, with faults). tests/contract holds both to the same behaviour.

Names that reach an engine may contain anything; no engine passes them through a shell.
Every method raises `PodferryError` subclasses only: `NoSuchItem`, `HostUnreachable`,
`CommandFailed`, `DeadlineExceeded`, `HostUnfit`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from core.podman.model import Details, Estate, HostInfo, Inspection, Inventory, Kind, Usage


class Thing(StrEnum):
    """What can be inspected."""

    CONTAINER = "container"
    POD = "pod"
    IMAGE = "image"
    NETWORK = "network"
    VOLUME = "volume"


@dataclass(frozen=True, slots=True)
class Change:
    """Something in a host's estate changed: reason enough to look again."""

    action: str
    """Podman's event status, such as start, died, remove."""
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class CommandRecord:
    """One command that ran on a host, for the log that the operator reads."""

    host: str
    argv: tuple[str, ...]
    """As run; what must not be seen is already masked."""
    started_s: float
    """Unix time."""
    seconds: float
    exit_code: int | None
    """None: it was stopped before it ended by itself."""
    stderr_tail: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What went through a stream, as its host saw it."""

    sha256: str
    """Hex digest of all bytes, computed on that host."""
    value: str = ""
    """What the receiving host calls the result: an archive's folder, an image ID."""
    stats: Mapping[str, int] = field(default_factory=dict)
    """For a dump: podman's --print-stats (microseconds and pages)."""


class Outgoing(Protocol):
    """Bytes that leave a host: read `fd` to its end, then `finish`."""

    @property
    def fd(self) -> int:
        """Readable, blocking file descriptor; owned by the stream."""
        ...

    async def finish(self) -> Receipt:
        """Wait for the sending command. Raises CommandFailed when it failed."""
        ...

    async def abort(self) -> None:
        """Stop the sending command and close the descriptor; safe at any time, twice too."""
        ...


class Incoming(Protocol):
    """Bytes that arrive at a host: write `fd`, then `finish`, which closes it first."""

    @property
    def fd(self) -> int:
        """Writable, blocking file descriptor; owned by the stream."""
        ...

    async def finish(self) -> Receipt:
        """Close `fd` and wait for the receiving command. Raises CommandFailed when it failed."""
        ...

    async def abort(self) -> None:
        """Stop the receiving command; what it had stored is deleted."""
        ...


@dataclass(frozen=True, slots=True)
class CheckpointOptions:
    """How to dump a container."""

    tcp_established: bool = False
    file_locks: bool = False


@dataclass(frozen=True, slots=True)
class RestoreOptions:
    """How to restore an archive."""

    pod: str = ""
    """Name of the pod to restore into; empty for a single container."""
    runtime: str = ""
    """The container's OCI runtime; without it podman looks into the archive and starts itself
    once more with the one that it finds there."""
    tcp_established: bool = False
    tcp_close: bool = False
    """Close the connections that were dumped (Podman 5.7 and newer)."""
    file_locks: bool = False
    ignore_static_ip: bool = True
    ignore_static_mac: bool = True


@dataclass(frozen=True, slots=True)
class PlayOptions:
    """How to play a kube YAML."""

    networks: tuple[str, ...] = ()
    """Values for --network, such as `web` or `web:ip=10.0.0.7`."""
    no_pod_prefix: bool = False
    """Keep the containers' names (Podman 5.7 and newer)."""
    start: bool = True


class Engine(Protocol):
    """One host's Podman."""

    @property
    def label(self) -> str:
        """The host as the operator named it."""
        ...

    @property
    def info(self) -> HostInfo:
        """What `connect` learned. Raises HostUnreachable when not connected."""
        ...

    on_command: Callable[[CommandRecord], None] | None
    """Called on the event loop after each command that changed something or moved bytes."""

    async def connect(self) -> HostInfo:
        """Reach the host and learn what it is. May be called again after a failure or `close`."""
        ...

    async def close(self) -> None:
        """Let go of the host; what was started there for the session is stopped."""
        ...

    async def warm(self, streams: int) -> None:
        """Have connections ready for that many bulk streams, so that no item is down for them."""
        ...

    # Observe.

    async def estate(self) -> Estate:
        """All items, with sizes where they are cheap to know."""
        ...

    async def usage(self) -> Mapping[str, Usage]:
        """Container ID to usage, of running containers."""
        ...

    def changes(self) -> AsyncIterator[Change]:
        """Changes from now on, until closed; raises HostUnreachable when the stream breaks."""
        ...

    async def details(self, container_id: str, log_lines: int = 20) -> Details:
        """Inspection, processes (empty if it does not run) and last log lines."""
        ...

    async def inspect(self, thing: Thing, name: str) -> Inspection | None:
        """What podman inspect says; None if there is no such thing."""
        ...

    async def inventory(self) -> Inventory:
        """Names and numbers that a plan must know."""
        ...

    async def missing_paths(self, paths: frozenset[str]) -> frozenset[str]:
        """Those of the paths that do not exist on the host."""
        ...

    async def changed_files(self, container_id: str) -> frozenset[str]:
        """Paths that a container's image has and that differ in the container."""
        ...

    async def volume_users(self, name: str) -> frozenset[str]:
        """IDs of the containers that mount a volume."""
        ...

    # Carry over what an item needs.

    async def save_image(self, image_id: str) -> Outgoing:
        """Send an image by ID, with its tags, as `podman load` reads it."""
        ...

    async def load_image(self, image_id: str, tags: tuple[str, ...]) -> Incoming:
        """Receive an image; `finish` fails unless exactly that ID is there afterwards."""
        ...

    async def remove_image(self, image_id: str) -> None:
        """Remove an image that nothing uses."""
        ...

    async def create_network(self, inspection: Inspection) -> None:
        """Make a network like the inspected one."""
        ...

    async def remove_network(self, name: str) -> None:
        """Remove a network that nothing uses."""
        ...

    async def create_volume(self, inspection: Inspection) -> None:
        """Make an empty volume like the inspected one."""
        ...

    async def remove_volume(self, name: str) -> None:
        """Remove a volume that nothing uses."""
        ...

    async def export_volume(self, name: str) -> Outgoing:
        """Send a volume's contents as a tar stream with owners, modes, times and xattrs."""
        ...

    async def import_volume(self, name: str) -> Incoming:
        """Receive a volume's contents."""
        ...

    async def tag_image(self, image_id: str, tag: str) -> None:
        """Give an image a further name."""
        ...

    # Act on items.

    def claim(self, item_id: str, owner: str) -> AbstractAsyncContextManager[None]:
        """Be the only Podferry that works on an item of this host, for the time of the context.

        Raises ItemBlocked when another one does. The claim ends with the connection that made
        it, so a Podferry that died holds none.
        """
        ...

    async def set_restart_policy(self, container_id: str, policy: str) -> None:
        """Change a container's restart policy, such as `no` or `on-failure:3`."""
        ...

    async def start(self, kind: Kind, name: str) -> None:
        """Start a container or all of a pod: a cold start."""
        ...

    async def stop(self, kind: Kind, name: str) -> None:
        """Stop a container or all of a pod, by its own stop signal and timeout."""
        ...

    async def remove(self, kind: Kind, name: str) -> None:
        """Stop and remove a container or pod with all of its containers; fine if it is gone."""
        ...

    # The checkpoint route.

    async def checkpoint(self, container_id: str, options: CheckpointOptions) -> Outgoing:
        """Freeze and dump a running container, streaming its archive; it is stopped afterwards."""
        ...

    async def receive_checkpoint(self, archive: str) -> Incoming:
        """Receive an archive into a private place of that name, which must be new.

        The name is the caller's, so that it can be noted before anything is written.
        """
        ...

    async def restore(self, archive: str, container_id: str, options: RestoreOptions) -> None:
        """Restore a received archive under its own name and ID."""
        ...

    async def discard(self, archive: str) -> None:
        """Delete an archive, whole or in part, ending what still writes it; fine if it is gone."""
        ...

    async def restore_in_place(self, container_id: str) -> None:
        """Bring a checkpointed container back from the checkpoint that it left on this host."""
        ...

    async def drop_checkpoint(self, container_id: str) -> None:
        """Delete the checkpoint that a container left on this host."""
        ...

    async def create_pod(self, inspection: Inspection) -> str:
        """Make and start an empty pod (its infra only) like the inspected one; its ID."""
        ...

    # The kube route.

    async def generate_kube(self, names: tuple[str, ...]) -> str:
        """The YAML that Podman generates for a pod or container."""
        ...

    async def play_kube(self, yaml: str, options: PlayOptions) -> None:
        """Create and start what the YAML describes."""
        ...

    async def rename(self, container: str, new_name: str) -> None:
        """Rename a container."""
        ...
