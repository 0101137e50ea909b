"""What a host has by name and number, parsed from its listings."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from core.podman.model import Inventory

Listed = Mapping[str, Any]

ROOM_SECTIONS = ("df", "tcp", "tcp6", "udp", "udp6")
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
    room: str,
) -> Inventory:
    """An inventory from REST listings and the ROOM script's output."""
    parts = re.split(r"(?m)^@@(\w+)\n", room)
    found = dict(zip(parts[1::2], parts[2::2], strict=True))
    listening = {
        (family[:3], port)
        for family in ROOM_SECTIONS[1:]
        for port in _ports(found.get(family, ""), only_listening=family.startswith("tcp"))
    }
    free = re.match(r"\s*(\d+)\s", found.get("df", "") + "\n")
    names = {str(name): str(c["Id"]) for c in containers for name in (c.get("Names") or (c["Id"],))}
    return Inventory(
        images={
            str(i["Id"]).removeprefix("sha256:"): tuple(i.get("RepoTags") or i.get("Names") or ())
            for i in images
        },
        networks={str(n["name"]): n for n in networks},
        volumes=frozenset(str(v["Name"]) for v in volumes),
        secrets=frozenset(str(s["Spec"]["Name"]) for s in secrets),
        listening=frozenset(listening),
        free_bytes=int(free[1]) * 1024 if free else 0,
        pods=frozenset(str(p["Name"]) for p in pods),
        containers=names,
    )


def read_resident(listing: str) -> Mapping[str, int]:
    """Container ID to resident bytes, from the RESIDENT script's output."""
    owner = dict(re.findall(r"(?m)^/proc/(\d+)/cgroup:.*libpod-([0-9a-f]{64})", listing))
    found: dict[str, int] = {}
    for pid, kib in re.findall(r"(?m)^/proc/(\d+)/status:VmRSS:\s*(\d+) kB", listing):
        if pid in owner:
            found[owner[pid]] = found.get(owner[pid], 0) + int(kib) * 1024
    return found


def _ports(table: str, *, only_listening: bool) -> set[int]:
    """Local ports in a /proc/net/{tcp,udp} table (proc_net_tcp in the kernel's docs)."""
    rows = (line.split() for line in table.splitlines()[1:])
    return {
        int(row[1].rsplit(":", 1)[1], 16)
        for row in rows
        if len(row) > 3 and (not only_listening or row[3] == _LISTEN)
    }
