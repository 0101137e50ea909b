"""Two simulated hosts, an item on one of them that a client uses, and bystanders on both."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from core.podman.model import Kind, Port, Route
from core.simulated import SimulatedHost
from core.simulated.making import (
    make_container,
    make_host,
    make_image,
    make_network,
    make_pod,
    make_volume,
)
from core.simulated.things import MIB, Mount, Spec

TAG = "localhost/app:1"
VOLUME = "data"
PORT = 8080
HITS = "hits"
"""File of the volume in which the item writes what it counted last."""


class TickingClock:
    """Later each time that it is asked."""

    def __init__(self) -> None:
        self._ticks = itertools.count(1)

    def __call__(self) -> float:
        return 1_700_000_000.0 + next(self._ticks) / 1000


@dataclass
class Scene:
    """What a case happens to."""

    old: SimulatedHost
    new: SimulatedHost
    item: str
    kind: Kind
    route: Route
    names: tuple[str, ...]
    """Of the item's containers; the first one writes into the volume."""

    @property
    def hosts(self) -> tuple[SimulatedHost, SimulatedHost]:
        """Source and target."""
        return self.old, self.new


def make_scene(kind: Kind, route: Route) -> Scene:
    """An item with an image, a network, a volume and a restart policy that the target lacks."""
    clock = TickingClock()
    old, new = make_host("old", clock=clock), make_host("new", clock=clock)
    for host in (old, new):
        image = make_image(host, "localhost/bystander:1")
        make_network(host, "theirs", "10.90.7.0/24")
        make_volume(host, "theirs-data", {"precious": b"untouched"})
        mounts = (Mount("/data", "theirs-data"),)
        spec = Spec(
            "localhost/bystander:1",
            image.id,
            networks={"theirs": ""},
            mounts=mounts,
            restart_policy="always",
        )
        make_container(host, "bystander", spec)
    make_network(old, "web", "10.89.1.0/24")
    make_volume(old, VOLUME, {"rows": b"row\n" * 100_000, HITS: b"-1"})
    names = _make_pod(old) if kind is Kind.POD else _make_single(old)
    return Scene(old, new, "shop" if kind is Kind.POD else "web", kind, route, names)


def _make_single(host: SimulatedHost) -> tuple[str, ...]:
    image = make_image(host, TAG, size_bytes=4 * MIB)
    spec = Spec(
        TAG,
        image.id,
        ports=(Port(PORT, 8088),),
        networks={"web": ""},
        mounts=(Mount("/data", VOLUME),),
        restart_policy="always",
    )
    container = make_container(host, "web", spec)
    container.files["/etc/app.conf"] = b"changed"
    return ("web",)


def _make_pod(host: SimulatedHost) -> tuple[str, ...]:
    image = make_image(host, TAG, size_bytes=4 * MIB)
    pod = make_pod(host, "shop", ports=(Port(PORT, 8088),), networks={"web": ""})
    for name, mounts in (("shop-web", (Mount("/data", VOLUME),)), ("shop-db", ())):
        spec = Spec(TAG, image.id, mounts=mounts, restart_policy="always")
        container = make_container(host, name, spec, pod=pod, memory_bytes=2 * MIB)
        container.files["/etc/app.conf"] = name.encode()
    return ("shop-web", "shop-db")
