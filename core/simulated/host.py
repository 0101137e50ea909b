"""A machine with a simulated Podman: its whole state, and looking things up in it."""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
import itertools
import weakref
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from core.podman.model import Change, HostInfo, Port, Secret
from core.simulated.clock import Clock, wall_clock
from core.simulated.things import (
    Arrived,
    Content,
    SimContainer,
    SimImage,
    SimNetwork,
    SimPod,
    SimVolume,
)

GIB = 1024**3
"""Bytes."""
_T = TypeVar("_T")
_PREFIX = 3
"""Shortest ID prefix that is looked for, in digits."""


class Refusal(Exception):
    """What Podman prints when it does not do what it was asked."""


def make_id(*parts: object) -> str:
    """A full ID, the same for the same parts."""
    return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()


@dataclass(eq=False, slots=True)
class SimulatedClaim:
    """See Claim."""

    owner: str
    """The run that works on it."""
    lost: bool = False


@dataclass(eq=False, slots=True)
class SimulatedHost:
    """What one machine holds. Engines come and go; this stays, like a machine does."""

    info: HostInfo
    clock: Clock = wall_clock
    containers: dict[str, SimContainer] = field(default_factory=dict)
    """By ID; infra containers too."""
    pods: dict[str, SimPod] = field(default_factory=dict)
    """By ID."""
    images: dict[str, SimImage] = field(default_factory=dict)
    """By ID."""
    networks: dict[str, SimNetwork] = field(default_factory=dict)
    """By name."""
    claims: dict[str, SimulatedClaim] = field(default_factory=dict)
    """What each claim is for, to the claim."""
    volumes: dict[str, SimVolume] = field(default_factory=dict)
    """By name."""
    secrets: set[str] = field(default_factory=set)
    secret_values: dict[str, Secret] = field(default_factory=dict)
    """By name; a secret without a value here has its name for one."""
    paths: set[str] = field(default_factory=set)
    """Directories and files that bind mounts can use."""
    folders: dict[str, dict[str, Content]] = field(default_factory=dict)
    """What directories hold; one that is not named here is empty."""
    other_listeners: set[tuple[str, int]] = field(default_factory=lambda: {("tcp", 22)})
    """What listens without being in a container."""
    dead_ports: set[Port] = field(default_factory=set)
    """What leads nowhere, should a container publish it."""
    arrived: dict[str, Arrived] = field(default_factory=dict)
    """Received checkpoint archives, by name."""
    receiving: dict[str, Callable[[], Awaitable[None]]] = field(default_factory=dict)
    """Names of archives that are arriving, to what ends that."""
    notes: dict[str, Mapping[str, Content]] = field(default_factory=dict)
    """What volumes held when a first pass was sent, by the note's name."""
    asleep: dict[str, tuple[str, float]] = field(default_factory=dict)
    """ID of a container that sleeps over a reboot, to its restart policy and its last start."""
    units: dict[str, str] = field(default_factory=dict)
    """Name of a container or pod to the systemd unit that starts it."""
    masked: set[str] = field(default_factory=set)
    """Units that systemd starts no more."""
    rewritten: bool = False
    """The files of its store are nodatacow (btrfs)."""
    up: bool = True
    on_crash: set[Callable[[], None]] = field(default_factory=set)
    free_bytes: int = 400 * GIB
    clock_ahead_s: float = 0.0
    """Of the clock that the host shows, before this machine's."""
    history: list[tuple[float, Change]] = field(default_factory=list)
    """All changes with the time at which they happened."""
    _listeners: weakref.WeakSet[asyncio.Queue[Change | None]] = field(
        default_factory=weakref.WeakSet
    )
    _serial: itertools.count[int] = field(default_factory=itertools.count)
    _pids: itertools.count[int] = field(default_factory=lambda: itertools.count(2101, 7))

    def __post_init__(self) -> None:
        if "podman" not in self.networks:
            ident = make_id(self.info.label, "network", "podman")
            self.networks["podman"] = SimNetwork(
                ident, "podman", "10.88.0.0/16", "10.88.0.1", dns=False
            )

    @property
    def label(self) -> str:
        """The host as the operator names it."""
        return self.info.label

    def new_id(self) -> str:
        """An ID that nothing on this host has."""
        return make_id(self.label, next(self._serial))

    def new_pid(self) -> int:
        """The process ID of something that starts."""
        return next(self._pids)

    # Looking things up, by name, ID, or ID prefix.

    def find_container(self, name: str) -> SimContainer | None:
        """The container, or None."""
        named = (c for c in self.containers.values() if c.name == name)
        return next(named, None) or _by_id(self.containers, name)

    def find_pod(self, name: str) -> SimPod | None:
        """The pod, or None."""
        named = (p for p in self.pods.values() if p.name == name)
        return next(named, None) or _by_id(self.pods, name)

    def find_image(self, name: str) -> SimImage | None:
        """The image by ID or tag, or None."""
        tagged = (i for i in self.images.values() if name in i.tags)
        return next(tagged, None) or _by_id(self.images, name.removeprefix("sha256:"))

    def container(self, name: str) -> SimContainer:
        """The container; refuses if there is none."""
        if found := self.find_container(name):
            return found
        raise Refusal(f'Error: no container with name or ID "{name}" found: no such container')

    def pod(self, name: str) -> SimPod:
        """The pod; refuses if there is none."""
        if found := self.find_pod(name):
            return found
        raise Refusal(f'Error: no pod with name or ID "{name}" found: no such pod')

    def network(self, name: str) -> SimNetwork:
        """The network; refuses if there is none."""
        if found := self.networks.get(name):
            return found
        raise Refusal(f"Error: unable to find network with name or ID {name}: network not found")

    def volume(self, name: str) -> SimVolume:
        """The volume; refuses if there is none."""
        if found := self.volumes.get(name):
            return found
        raise Refusal(f'Error: no volume with name "{name}" found: no such volume')

    def members(self, pod: SimPod) -> list[SimContainer]:
        """A pod's containers in the order in which they were made, without infra."""
        inside = [c for c in self.containers.values() if c.pod_id == pod.id and not c.is_infra]
        return sorted(inside, key=lambda c: (c.created_s, c.name))

    def infra(self, pod: SimPod) -> SimContainer | None:
        """A pod's infra container."""
        return self.containers.get(pod.infra_id)

    def volume_users(self, name: str) -> list[SimContainer]:
        """Containers that mount a volume."""
        return [
            c
            for c in self.containers.values()
            if any(m.is_volume and m.source == name for m in c.spec.mounts)
        ]

    def listening(self) -> frozenset[tuple[str, int]]:
        """Ports that are taken."""
        taken = {
            (port.protocol, port.host_port)
            for c in self.containers.values()
            if c.running
            for port in c.spec.ports
        }
        return frozenset(taken | self.other_listeners)

    def next_address(self, network: SimNetwork) -> str:
        """Give out an address."""
        network.given += 1
        return str(ipaddress.ip_network(network.subnet)[network.given])

    # Telling what changed.

    def tell(self, action: str, thing: SimContainer | SimPod) -> None:
        """Note a change, and tell everybody who listens."""
        change = Change(action, thing.id, thing.name)
        self.history.append((self.clock(), change))
        for queue in tuple(self._listeners):
            queue.put_nowait(change)

    def listen(self) -> asyncio.Queue[Change | None]:
        """A queue that gets all changes from now on, for as long as somebody holds it."""
        queue: asyncio.Queue[Change | None] = asyncio.Queue()
        self._listeners.add(queue)
        return queue


def _by_id(things: Mapping[str, _T], prefix: str) -> _T | None:
    if prefix in things:
        return things[prefix]
    found = [t for key, t in things.items() if key.startswith(prefix)]
    return found[0] if len(found) == 1 and len(prefix) >= _PREFIX else None
