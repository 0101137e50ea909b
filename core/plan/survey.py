"""Looking at both hosts for everything that a plan of these marks must know."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from core.errors import CommandFailed, UsageError
from core.plan.model import Marks
from core.podman.engine import Engine, Thing
from core.podman.model import (
    Estate,
    HostInfo,
    Inspection,
    Inventory,
    Item,
    Kind,
    Route,
    State,
    Usage,
)


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """What was seen of one marked item."""

    item: Item
    pod: Inspection | None
    """Of a pod; None for a single container."""
    containers: tuple[Inspection, ...]
    """In the item's order."""
    memory: Mapping[str, int] = field(default_factory=dict)
    """Container ID to the bytes that it holds, of those that run."""
    kube_yaml: str = ""
    """As Podman generated it; only for the kube route."""
    kube_error: str = ""
    """Why Podman generates none."""

    @property
    def memory_bytes(self) -> int:
        """What all its containers hold."""
        return sum(self.memory.values())


@dataclass(frozen=True, slots=True)
class Facts:
    """What was seen of both hosts at one time."""

    source: HostInfo
    target: HostInfo
    source_has: Inventory
    target_has: Inventory
    items: Mapping[str, ItemFacts]
    """By name; a marked item that is not in here is gone."""
    images: Mapping[str, Inspection]
    """The source's images that the items use, by ID."""
    networks: Mapping[str, Inspection]
    """The source's networks that the items use, by name."""
    volumes: Mapping[str, Inspection]
    """The source's volumes that the items mount, by name."""
    volume_users: Mapping[str, tuple[str, ...]]
    """Volume name to the names of running items of the source that mount it."""
    missing_paths: frozenset[str]
    """Bind-mount sources of the items that the target lacks."""
    dropped_files: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Container ID to the changed files that Podman's checkpoint would leave out."""


async def survey(source: Engine, target: Engine, marks: Marks) -> Facts:
    """Look at both hosts. Raises HostUnreachable, and UsageError if both are one."""
    refuse_same_host(source.info, target.info)
    estate, usage, source_has, target_has = await asyncio.gather(
        source.estate(), source.usage(), source.inventory(), target.inventory()
    )
    wanted = [item for item in estate.items if item.name in marks]
    seen = await asyncio.gather(*(_look(source, item, marks[item.name], usage) for item in wanted))
    items = {facts.item.name: facts for facts in seen if facts}
    inspections = [c for facts in items.values() for c in facts.containers]
    images = {str(c["Image"]).removeprefix("sha256:") for c in inspections}
    volumes = {name for c in inspections for name in volume_names(c)}
    networks = {name for facts in items.values() for name in network_names(facts)}
    binds = {path for c in inspections for path in bind_sources(c)}
    return Facts(
        source=source.info,
        target=target.info,
        source_has=source_has,
        target_has=target_has,
        items=items,
        images=await _inspect_all(source, Thing.IMAGE, images),
        networks=await _inspect_all(source, Thing.NETWORK, networks),
        volumes=await _inspect_all(source, Thing.VOLUME, volumes),
        volume_users=await _volume_users(source, estate, volumes),
        missing_paths=await target.missing_paths(frozenset(binds)),
        dropped_files=await _dropped_files(
            source, [f for f in items.values() if marks[f.item.name] is Route.CHECKPOINT]
        ),
    )


def refuse_same_host(source: HostInfo, target: HostInfo) -> None:
    """Raise UsageError if two addresses lead to one store."""
    if source.machine_id and source.machine_id == target.machine_id:
        raise UsageError(
            f"{source.label} and {target.label} are the same host",
            todo="Name two different hosts.",
        )


async def _look(
    source: Engine, item: Item, route: Route, usage: Mapping[str, Usage]
) -> ItemFacts | None:
    pod = await source.inspect(Thing.POD, item.id) if item.kind is Kind.POD else None
    seen = await asyncio.gather(*(source.inspect(Thing.CONTAINER, c.id) for c in item.containers))
    containers = tuple(c for c in seen if c is not None)
    if len(containers) < len(item.containers) or (item.kind is Kind.POD and pod is None):
        return None
    yaml = error = ""
    if route is Route.KUBE:
        try:
            yaml = await source.generate_kube((item.id,))
        except CommandFailed as failure:
            error = failure.detail or failure.what
    return ItemFacts(
        item=item,
        pod=pod,
        containers=containers,
        memory={c.id: usage[c.id].memory_bytes for c in item.containers if c.id in usage},
        kube_yaml=yaml,
        kube_error=error,
    )


async def _dropped_files(
    source: Engine, items: Iterable[ItemFacts]
) -> Mapping[str, frozenset[str]]:
    """Podman's export skips a changed file of the image if the host has no file of its path."""

    async def of(container_id: str) -> frozenset[str]:
        changed = await source.changed_files(container_id)
        return await source.missing_paths(changed) if changed else changed

    ids = [str(c["Id"]) for facts in items for c in facts.containers]
    return dict(zip(ids, await asyncio.gather(*map(of, ids)), strict=True))


async def _volume_users(
    source: Engine, estate: Estate, volumes: Iterable[str]
) -> Mapping[str, tuple[str, ...]]:
    ordered = sorted(volumes)
    users = await asyncio.gather(*(source.volume_users(name) for name in ordered))
    return {
        name: tuple(
            item.name
            for item in estate.items
            if any(c.id in ids and c.state is State.RUNNING for c in item.containers)
        )
        for name, ids in zip(ordered, users, strict=True)
    }


async def _inspect_all(
    engine: Engine, thing: Thing, names: Iterable[str]
) -> Mapping[str, Inspection]:
    ordered = sorted(names)
    found = await asyncio.gather(*(engine.inspect(thing, name) for name in ordered))
    return {name: seen for name, seen in zip(ordered, found, strict=True) if seen is not None}


def volume_names(container: Inspection) -> list[str]:
    """Named (and anonymous) volumes that a container mounts."""
    return [str(m["Name"]) for m in container.get("Mounts") or () if m.get("Type") == "volume"]


def bind_sources(container: Inspection) -> list[str]:
    """Host paths that a container mounts."""
    return [str(m["Source"]) for m in container.get("Mounts") or () if m.get("Type") == "bind"]


def network_names(facts: ItemFacts) -> list[str]:
    """Networks that an item joins."""
    if facts.pod is not None:
        infra = facts.pod.get("InfraConfig") or {}
        return [] if infra.get("HostNetwork") else [str(n) for n in infra.get("Networks") or ()]
    return [
        str(name)
        for c in facts.containers
        for name in (c.get("NetworkSettings") or {}).get("Networks") or ()
    ]
