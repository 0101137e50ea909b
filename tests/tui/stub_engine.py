"""A host that answers what the test tells it to, at once and without a clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from typing import cast

from core.errors import CommandFailed, HostUnreachable, PodferryError
from core.podman.engine import Engine
from core.podman.model import (
    Change,
    Container,
    Details,
    Estate,
    HostInfo,
    Inside,
    Inspection,
    Inventory,
    Item,
    Kind,
    PathKind,
    Port,
    Process,
    State,
    StoreState,
    Thing,
    Usage,
)

NOW_S = 1_790_000_000.0
MIB = 1024 * 1024


def host_info(label: str, **changes: object) -> HostInfo:
    """A rootful host with all that is needed."""
    facts: dict[str, object] = {
        "label": label,
        "podman_version": (5, 8, 6),
        "rootless": False,
        "storage_driver": "overlay",
        "graph_root": "/var/lib/containers/storage",
        "filesystem": "xfs",
        "runtime": "crun",
        "criu_version": (4, 2, 1),
        "architecture": "amd64",
        "kernel": "6.18.0",
        "os": "debian 14",
    }
    return HostInfo(**(facts | changes))  # type: ignore[arg-type]


def container(name: str, **changes: object) -> Container:
    """A running container."""
    facts: dict[str, object] = {
        "id": f"{name}-id".encode().hex().ljust(64, "0"),
        "name": name,
        "image": "docker.io/library/nginx:1.29",
        "image_id": "a" * 64,
        "state": State.RUNNING,
        "created_s": NOW_S - 90_000,
        "started_s": NOW_S - 86_400,
        "pid": 4711,
        "size_bytes": 12 * MIB,
    }
    return Container(**(facts | changes))  # type: ignore[arg-type]


def single(name: str, **changes: object) -> Item:
    """An item that is one container."""
    only = container(name, **changes)
    return Item(Kind.CONTAINER, only.id, name, only.state, (only,), ports=only.ports)


def pod(name: str, *containers: Container, ports: tuple[Port, ...] = ()) -> Item:
    """An item that is a pod."""
    running = sum(c.state is State.RUNNING for c in containers)
    state = State.DEGRADED if running else State.EXITED
    if running == len(containers):
        state = State.RUNNING
    pod_id = f"{name}-pod".encode().hex().ljust(64, "0")
    return Item(Kind.POD, pod_id, name, state, containers, ports=ports)


def estate(label: str, *items: Item) -> Estate:
    """A listing."""
    return Estate(label, items, NOW_S)


class StubEngine:
    """Observes only; set `items` and `memory`, then `changed()`."""

    def __init__(self, label: str, *items: Item, info: HostInfo | None = None) -> None:
        self.label = label
        self.on_command = None
        self.items = items
        self.info = info or host_info(label)
        self.memory: dict[str, int] = {}
        self.trouble: PodferryError | None = None
        self.learned = asyncio.Event()
        self.learned.set()
        """Cleared: `connect` takes until it is set."""
        self.listings = 0
        self.env: tuple[str, ...] = ()
        self.log: tuple[str, ...] = ("ready",)
        self._changes: list[asyncio.Queue[Change | None]] = []

    @property
    def as_engine(self) -> Engine:
        """Itself, for signatures that want all of the protocol."""
        return cast(Engine, self)

    def _check(self) -> None:
        if self.trouble is not None:
            raise self.trouble

    def changed(self) -> None:
        """Tell who listens."""
        for queue in self._changes:
            queue.put_nowait(Change("start", "", ""))

    def cut_off(self) -> None:
        """Become unreachable."""
        self.trouble = HostUnreachable(
            what="cannot be reached",
            host=self.label,
            detail="ssh: connect to host new port 22: Connection refused",
            todo="Check that sshd runs there.",
        )
        for queue in self._changes:
            queue.put_nowait(None)

    async def connect(self) -> HostInfo:
        await self.learned.wait()
        self._check()
        return self.info

    async def close(self) -> None:
        pass

    async def estate(self) -> Estate:
        self._check()
        self.listings += 1
        return estate(self.label, *self.items)

    async def inventory(self) -> Inventory:
        """It cannot tell: who asks goes on without."""
        raise CommandFailed(what="podman info failed", host=self.label)

    async def inside(self, ids: Collection[str] | None = None) -> Mapping[str, Inside]:
        self._check()
        return {}

    async def inspect_all(self, thing: Thing, names: Collection[str]) -> Mapping[str, Inspection]:
        self._check()
        return {}

    async def volume_users(self, names: Collection[str]) -> frozenset[str]:
        self._check()
        return frozenset()

    async def path_kinds(self, paths: frozenset[str]) -> Mapping[str, PathKind]:
        self._check()
        return {}

    async def store(self) -> StoreState:
        await self.inventory()
        raise AssertionError

    async def usage(self) -> Mapping[str, Usage]:
        self._check()
        return {i: Usage(memory, 0.5) for i, memory in self.memory.items()}

    async def changes(self) -> AsyncIterator[Change]:
        queue: asyncio.Queue[Change | None] = asyncio.Queue()
        self._changes.append(queue)
        while (change := await queue.get()) is not None:
            yield change
        raise HostUnreachable(what="the stream broke", host=self.label)

    async def details(self, container_id: str, log_lines: int = 20) -> Details:
        self._check()
        inspection = {
            "Config": {"Env": list(self.env), "User": "www"},
            "State": {"Health": {"Status": "healthy"}},
            "HostConfig": {"RestartPolicy": {"Name": "always"}},
            "OCIRuntime": "crun",
            "Mounts": [
                {"Type": "volume", "Name": "data", "Destination": "/data", "RW": True},
                {"Type": "bind", "Source": "/srv", "Destination": "/srv", "RW": False},
            ],
            "NetworkSettings": {"Networks": {"web": {"IPAddress": "10.89.0.4"}}},
        }
        processes = (Process("1", "root", "2h3m4.314791497s", "nginx: master process"),)
        return Details(inspection, processes, self.log[-log_lines:])
