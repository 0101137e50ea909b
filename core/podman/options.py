"""How an engine is to dump, restore or play."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CheckpointOptions:
    """How to dump a container."""

    tcp_established: bool = False
    file_locks: bool = False
    new_address: bool = False
    """The archive need not tell its addresses, and is there sooner."""


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
    name: str = ""
    """A new name, which makes it a new container with an ID of its own; empty: as it was."""
    publish: tuple[str, ...] = ()
    """Ports as `podman run --publish` takes them, in place of those that it had."""
    volumes: bool = False
    """Make the volumes that a plain archive holds, with their contents."""


@dataclass(frozen=True, slots=True)
class PlayOptions:
    """How to play a kube YAML."""

    networks: tuple[str, ...] = ()
    """Values for --network, such as `web` or `web:ip=10.0.0.7`."""
    no_pod_prefix: bool = False
    """Keep the containers' names (Podman 5.7 and newer)."""
    start: bool = True
