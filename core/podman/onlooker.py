"""The part of the engine's protocol that only looks: all that checks and evidence are given."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Protocol

from core.podman.model import (
    Change,
    Details,
    Estate,
    HostInfo,
    Inside,
    Inspection,
    Inventory,
    PathKind,
    Port,
    StoreState,
    Thing,
    Usage,
)
from core.podman.traces import Answer, FileSeen, Traces


class Onlooker(Protocol):
    """One host's Podman for whoever must not change it: no call does, but what `ask` has run."""

    @property
    def label(self) -> str:
        """The host as the operator named it."""
        ...

    @property
    def info(self) -> HostInfo:
        """What `connect` learned. Raises HostUnreachable when not connected."""
        ...

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

    async def inside(self, ids: Collection[str] | None = None) -> Mapping[str, Inside]:
        """Container ID to what its processes hold, of those that run; None asks for all of them.

        All are infra containers too. Needs root on the host; without it, what cannot be seen is
        missing.
        """
        ...

    async def inspect_all(self, thing: Thing, names: Collection[str]) -> Mapping[str, Inspection]:
        """What podman inspect says of many: by the ID or name that was asked for, if it is there.

        Containers, pods and images are asked for by full ID, networks and volumes by name.
        """
        ...

    async def inventory(self) -> Inventory:
        """Names and numbers that a plan must know."""
        ...

    async def volume_users(self, names: Collection[str]) -> frozenset[str]:
        """IDs of the containers that mount one of the volumes."""
        ...

    async def path_kinds(self, paths: frozenset[str]) -> Mapping[str, PathKind]:
        """Those of the paths that exist on the host, and what they lead to."""
        ...

    async def changed_files(self, container_id: str) -> frozenset[str]:
        """Paths that a container has added, changed or deleted since its image.

        Folders are left out that only hold some of these.
        """
        ...

    async def store(self) -> StoreState:
        """What of the store is copied on write; walks all of it."""
        ...

    async def dead_ports(self) -> frozenset[Port]:
        """Published ports that lead nowhere: the rule behind one stands, and none leads to it.

        None of them where that cannot be known: without root, or where Podman does not forward
        by nftables.
        """
        ...

    async def generate_kube(self, name: str) -> str:
        """The YAML that Podman generates for a pod or container."""
        ...

    # Gather evidence.

    async def traces(self, ids: Collection[str]) -> Mapping[str, Traces]:
        """Container ID to its processes and what listens there, of those that run.

        Needs no root where they are its own's; what cannot be seen of other users' is missing.
        """
        ...

    async def digests(
        self, thing: Thing, name: str, paths: Collection[str] = ()
    ) -> Mapping[str, FileSeen]:
        """Files of a volume, or those that a container has changed: by path in it, without `/`.

        Of very many a sample (`MOST_FILES`), with those of `paths` that are there; one that is not
        may be told as such. Links, devices and the like are left out. Reads the files, so it takes
        as long as they are large.
        """
        ...

    async def ask(self, container_id: str, argv: Sequence[str]) -> Answer:
        """Run a command inside a container, as it is given: no shell reads it, and no host."""
        ...

    async def read_file(self, container_id: str, path: str) -> bytes:
        """The first MiB of a container's regular file. Raises CommandFailed if there is none."""
        ...

    async def dial(self, address: str, port: int) -> socket.socket:
        """A blocking socket to a TCP port as the host itself reaches it; the caller closes it.

        Where ssh carries it, a connection that is refused is one that ends without a byte;
        elsewhere CommandFailed is raised.
        """
        ...
