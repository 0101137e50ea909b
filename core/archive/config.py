"""Podman's own words in an archive: config.dump, spec.dump, network.status, deleted.files.

libpod writes them (container_internal_common.go). What the JSON has besides is let be; what has
another type than libpod gives it is refused.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from core.archive.inside import Interface, Mount
from core.archive.wire import Damaged

_T = TypeVar("_T")


class NamedVolume(msgspec.Struct, frozen=True, rename="camel"):
    """A named volume of the configuration."""

    volume_name: str
    dest: str = ""


class PortMapping(msgspec.Struct, frozen=True):
    """A published port, or a range of them."""

    container_port: int
    host_port: int
    host_ip: str = ""
    protocol: str = "tcp"
    range: int = 1


class Config(msgspec.Struct, frozen=True, rename="camel"):
    """A container's configuration (libpod: container_config.go)."""

    id: str
    name: str
    image_id: str = msgspec.field(name="rootfsImageID", default="")
    image: str = msgspec.field(name="rootfsImageName", default="")
    pod: str = ""
    runtime: str = ""
    command: tuple[str, ...] | None = None
    created_time: str = ""
    named_volumes: tuple[NamedVolume, ...] | None = None
    new_port_mappings: tuple[PortMapping, ...] | None = None
    port_mappings: tuple[PortMapping, ...] | None = None
    """Podman before 4.0 had another type under this name."""
    new_networks: dict[str, Any] | None = None
    networks: Any = None
    """A list of names before 4.0."""

    def ports(self) -> tuple[str, ...]:
        """Published ports, as `podman run -p` takes them."""
        told = []
        for port in self.new_port_mappings or self.port_mappings or ():
            last = port.range - 1
            outer = f"{port.host_port}-{port.host_port + last}" if last > 0 else str(port.host_port)
            inner = str(port.container_port)
            if last > 0:
                inner += f"-{port.container_port + last}"
            told.append(
                f"{port.host_ip + ':' if port.host_ip else ''}{outer}:{inner}/{port.protocol}"
            )
        return tuple(told)

    def network_names(self) -> tuple[str, ...]:
        """The networks that it is in."""
        found = self.new_networks or self.networks or ()
        return tuple(str(name) for name in found) if isinstance(found, (dict, list)) else ()


class SpecMount(msgspec.Struct, frozen=True):
    """A mount as the runtime is told of it."""

    destination: str
    type: str = ""
    source: str = ""


class SpecProcess(msgspec.Struct, frozen=True):
    """What the runtime is to start."""

    args: tuple[str, ...] | None = None
    env: tuple[str, ...] | None = None


class Spec(msgspec.Struct, frozen=True):
    """The runtime's specification (OCI runtime-spec: config.md)."""

    process: SpecProcess | None = None
    mounts: tuple[SpecMount, ...] | None = None

    def mounted(self) -> tuple[Mount, ...]:
        """All mounts."""
        return tuple(Mount(m.destination, m.type, m.source) for m in self.mounts or ())

    def variables(self) -> tuple[str, ...]:
        """Names of the environment's variables."""
        given = self.process.env if self.process else ()
        return tuple(entry.partition("=")[0] for entry in given or ())


class Subnet(msgspec.Struct, frozen=True):
    """An address with its network."""

    ipnet: str


class StatusInterface(msgspec.Struct, frozen=True):
    """An interface that netavark made."""

    subnets: tuple[Subnet, ...] | None = None
    mac_address: str = ""


class NetworkStatus(msgspec.Struct, frozen=True):
    """What netavark says of a network."""

    interfaces: dict[str, StatusInterface] | None = None


def interfaces(data: bytes) -> tuple[Interface, ...]:
    """Addresses in its networks, from `network.status`. Raises Damaged."""
    found: dict[str, NetworkStatus] | None = decoded(data, dict[str, NetworkStatus] | None)
    return tuple(
        Interface(network, name, tuple(s.ipnet for s in told.subnets or ()), told.mac_address)
        for network, status in (found or {}).items()
        for name, told in (status.interfaces or {}).items()
    )


def decoded(data: bytes, kind: type[_T] | Any) -> _T:
    """JSON as a value of that type. Raises Damaged."""
    try:
        value: _T = msgspec.json.decode(data, type=kind)
    except (ValueError, RecursionError) as error:
        raise Damaged(str(error) or "it is nested too deeply") from None
    return value
