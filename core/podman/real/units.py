"""Which systemd units start a host's containers and pods, from listings and unit files."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from core.podman.commands import flag_values

Listed = Mapping[str, Any]

_LABEL = "PODMAN_SYSTEMD_UNIT"
_QUADLET = re.compile(r"(?m)^.*/([^/:]+)\.(container|pod):(?:\s*(\w+)\s*=\s*(\S+))?")


def read_units(
    found: Mapping[str, str], containers: Sequence[Listed], pods: Sequence[Listed]
) -> Mapping[str, str]:
    """Name of a container or pod to its unit, from the ROOM script's sections and listings.

    Masked units start nothing, and are left out.
    """
    masked = found.get("masked", "").split()
    told = (
        *_made(found.get("units", "")),
        *_commanded(found.get("execs", "")),
        *_quadlets(found.get("quadlets", "")),
        *_labelled(containers, pods).items(),
    )
    return {name: unit for name, unit in told if unit not in masked}


def _labelled(containers: Sequence[Listed], pods: Sequence[Listed]) -> Mapping[str, str]:
    """Owners as Podman notes them: Quadlet's units, and those of `generate systemd --new`."""
    found = {str(p["Name"]): (p.get("Labels") or {}).get(_LABEL, "") for p in pods}
    for container in containers:
        unit = (container.get("Labels") or {}).get(_LABEL, "")
        for name in container.get("Names") or ():
            found[str(name)] = unit
        if container.get("IsInfra") and unit:
            found[str(container.get("PodName"))] = unit
    return {name: unit for name, unit in found.items() if unit}


def _made(listing: str) -> Iterator[tuple[str, str]]:
    """Units of `generate systemd` without --new, which only their names give away."""
    for match in re.finditer(r"(?m)^(?:container|pod)-(.+)\.service$", listing):
        yield match[1], match[0]


def _commanded(listing: str) -> Iterator[tuple[str, str]]:
    """Units written by hand whose commands start containers by name."""
    unit = ""
    for line in listing.splitlines():
        if line.startswith("unit "):
            unit = line.removeprefix("unit ")
            continue
        try:
            words = shlex.split(line)
        except ValueError:
            words = line.split()
        named = [value for flag, value in flag_values(words) if flag == "--name"]
        if "start" in words:
            named += [w for w in words[words.index("start") + 1 :] if not w.startswith("-")]
        for name in named:
            yield name, unit


def _quadlets(listing: str) -> Iterator[tuple[str, str]]:
    """Quadlet's files: names of what they make, and of their services (podman-systemd.unit(5))."""
    files: dict[tuple[str, str], dict[str, str]] = {}
    for match in _QUADLET.finditer(listing):
        told = files.setdefault((match[1], match[2]), {})
        if match[3]:
            told[match[3]] = match[4]
    for (base, kind), told in files.items():
        service = base if kind == "container" else f"{base}-pod"
        name = told.get("ContainerName" if kind == "container" else "PodName", f"systemd-{base}")
        yield name, f"{told.get('ServiceName', service)}.service"
