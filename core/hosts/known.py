"""The hosts that this machine knows by name: itself, Podman's connections, ssh's aliases."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from enum import StrEnum

from core.errors import UsageError
from core.hosts.address import parse_address
from core.hosts.connections import podman_connections
from core.hosts.ssh_config import ssh_aliases


class Origin(StrEnum):
    """Where a name is from."""

    HERE = "this machine"
    PODMAN = "podman system connection"
    SSH = "ssh_config"


@dataclass(frozen=True, slots=True)
class KnownHost:
    """A host that can be named on a command line."""

    name: str
    origin: Origin
    detail: str = ""
    """The URI of a connection."""


def known_hosts() -> list[KnownHost]:
    """All of them, each name once; what could not be an address is left out."""
    found: dict[str, KnownHost] = {}
    if shutil.which("podman"):
        found["local"] = KnownHost("local", Origin.HERE)
    connections = podman_connections()
    for name, connection in sorted(connections.items()):
        try:
            parse_address(name, connections)
        except UsageError:
            continue
        found.setdefault(name, KnownHost(name, Origin.PODMAN, connection.uri))
    for name in ssh_aliases():
        found.setdefault(name, KnownHost(name, Origin.SSH))
    return list(found.values())
