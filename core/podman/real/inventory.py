"""What a host has by name and number, parsed from its listings."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from core.podman.commands import container_addresses
from core.podman.model import Inspection, Inventory
from core.podman.real.units import Listed, read_units

_FAMILIES = ("tcp", "tcp6", "udp", "udp6")
_LISTEN = "0A"
"""State of a listening TCP socket in /proc/net/tcp."""


def read_inventory(
    *,
    images: Sequence[Listed],
    networks: Sequence[Listed],
    volumes: Sequence[Listed],
    secrets: Sequence[Listed],
    containers: Sequence[Listed],
    pods: Sequence[Listed],
    inspected: Sequence[Inspection],
    room: str,
    asked_s: float,
) -> Inventory:
    """An inventory from REST listings and the ROOM script's output.

    Networks are as their inspections tell them; `inspected` are the containers that these do not
    tell of. The script was asked at `asked_s`, in Unix time of this machine.
    """
    parts = re.split(r"(?m)^@@(\w+)\n", room)
    found = dict(zip(parts[1::2], parts[2::2], strict=True))
    listening = {
        (family[:3], port)
        for family in _FAMILIES
        for port in _ports(found.get(family, ""), only_listening=family.startswith("tcp"))
    }
    clock = re.match(r"\s*(\d+\.?\d*)", found.get("clock", ""))
    free = _kibibytes(found.get("df", ""))
    names = {str(name): str(c["Id"]) for c in containers for name in (c.get("Names") or (c["Id"],))}
    return Inventory(
        images={
            str(i["Id"]).removeprefix("sha256:"): tuple(i.get("RepoTags") or i.get("Names") or ())
            for i in images
        },
        networks={str(n["name"]): _without_guests(n) for n in networks},
        volumes=frozenset(str(v["Name"]) for v in volumes),
        secrets=frozenset(str(s["Spec"]["Name"]) for s in secrets),
        listening=frozenset(listening),
        free_bytes=free or 0,
        pods=frozenset(str(p["Name"]) for p in pods),
        containers=names,
        addresses={**_asked(inspected), **_attached(networks, inspected)},
        units=read_units(found, containers, pods),
        tmp_free_bytes=_kibibytes(found.get("tmp", "")),
        run_free_bytes=_kibibytes(found.get("run", "")),
        clock_ahead_s=float(clock[1]) - asked_s if clock else 0.0,
    )


def _kibibytes(text: str) -> int | None:
    match = re.match(r"\s*(\d+)\s", f"{text}\n")
    return int(match[1]) * 1024 if match else None


def _without_guests(network: Inspection) -> Inspection:
    """A network as it was made: who is on it now is told by the addresses."""
    return {key: value for key, value in network.items() if key != "containers"}


def _attached(networks: Sequence[Inspection], inspected: Sequence[Inspection]) -> Mapping[str, str]:
    """Addresses that containers have now."""
    found: dict[str, str] = {}
    for network in networks:
        for guest in (network.get("containers") or {}).values():
            for interface in (guest.get("interfaces") or {}).values():
                for subnet in interface.get("subnets") or ():
                    found[str(subnet.get("ipnet")).partition("/")[0]] = str(guest["name"])
                found[str(interface.get("mac_address")).lower()] = str(guest["name"])
    for container in inspected:
        for joined in ((container.get("NetworkSettings") or {}).get("Networks") or {}).values():
            for key in ("IPAddress", "GlobalIPv6Address", "MacAddress"):
                if joined.get(key):
                    found[str(joined[key]).lower()] = str(container["Name"])
    return found


def _asked(inspected: Sequence[Inspection]) -> Mapping[str, str]:
    """Addresses that containers were made with, whether or not they run."""
    return {
        option.partition("=")[2].lower(): str(container["Name"])
        for container in inspected
        for options in container_addresses(container).values()
        for option in options.split(",")
    }


def read_resident(listing: str) -> Mapping[str, int]:
    """Container ID to resident bytes, from the RESIDENT script's output."""
    found: dict[str, int] = {}
    for ident, kib in re.findall(r"(?m)^\d+/cgroup:libpod-([0-9a-f]{64}):(\d+)$", listing):
        found[ident] = found.get(ident, 0) + int(kib) * 1024
    return found


def _ports(table: str, *, only_listening: bool) -> set[int]:
    """Local ports in a /proc/net/{tcp,udp} table (proc_net_tcp in the kernel's docs)."""
    rows = (line.split() for line in table.splitlines()[1:])
    return {
        int(row[1].rsplit(":", 1)[1], 16)
        for row in rows
        if len(row) > 3 and (not only_listening or row[3] == _LISTEN)
    }
