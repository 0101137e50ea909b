"""Seeing to it that the published ports of what arrived lead to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from core.errors import PodferryError
from core.migrate.context import whole
from core.podman.bindings import published
from core.podman.model import Inspection, Port

if TYPE_CHECKING:
    from core.migrate.item import ItemRun

_ALL_IPV6 = "::"
_SHARES = "container:"


async def mend_ports(run: ItemRun, inspected: Sequence[Inspection]) -> None:
    """Mend ports of these containers that lead nowhere, and tell of it; nothing fails for them.

    A container that ends while another one starts on the same port can take its rule along.
    """
    holders = {port: _holder(found) for found in inspected for port in _published(found)}
    target = run.context.target
    if not holders:
        return
    try:
        dead = holders.keys() & await target.dead_ports()
        for holder in sorted({holders[port] for port in dead}):
            with suppress(PodferryError):
                await whole(target.reload_network(holder))
        left = dead & await target.dead_ports() if dead else dead
    except PodferryError as error:
        run.note(f"it is not known whether its ports lead to it on {target.label}: {error.what}")
        return
    if mended := dead - left:
        run.note(f"{_told(mended)} led nowhere on {target.label}; Podman has made its rules anew")
    for holder in sorted({holders[port] for port in left}):
        ports = _told({port for port in left if holders[port] == holder})
        run.note(
            f"{ports} leads nowhere on {target.label}, though the container runs. "
            f"There: podman network reload {holder}"
        )


def _holder(inspection: Inspection) -> str:
    """ID of the container that has the network: in a pod that of its infra container."""
    mode = str((inspection.get("HostConfig") or {}).get("NetworkMode") or "")
    return mode.removeprefix(_SHARES) if mode.startswith(_SHARES) else str(inspection["Id"])


def _published(inspection: Inspection) -> Iterator[Port]:
    """The ports that lead to it, and in a pod to all of its containers."""
    for port in published((inspection.get("NetworkSettings") or {}).get("Ports")):
        # The rule of one on all addresses of IPv6 names no address either.
        yield replace(port, host_ip="") if port.host_ip == _ALL_IPV6 else port


def _told(ports: set[Port]) -> str:
    return "port " + ", ".join(sorted(map(str, ports)))
