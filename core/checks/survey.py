"""Looking at both hosts for everything that the checks and a plan must know."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from core.checks.facts import Facts, ItemFacts, bind_sources, network_names, volume_names
from core.errors import CommandFailed, UsageError
from core.podman.model import (
    Estate,
    HostInfo,
    Inside,
    Inspection,
    Item,
    Kind,
    Route,
    State,
    Thing,
    Usage,
)
from core.podman.onlooker import Onlooker

Inspected = Mapping[str, Inspection]


@dataclass(frozen=True, slots=True)
class _Items:
    """Items of the source, with what is known of their parts by ID."""

    items: tuple[Item, ...]
    pods: Inspected
    containers: Inspected
    images: Inspected
    inside: Mapping[str, Inside]
    volumes: Inspected
    """By name."""
    volume_users: Mapping[str, tuple[str, ...]]


async def survey(source: Onlooker, target: Onlooker, only: Collection[str] | None = None) -> Facts:
    """Look at both hosts and at items of the source: all, or those with these names.

    What takes a call per item is left out, for `complete` to add. Raises HostUnreachable, and
    UsageError if both are one.
    """
    refuse_same_host(source.info, target.info)
    return await _survey(source, target, only)


async def survey_alone(host: Onlooker, only: Collection[str]) -> Facts:
    """Look at items that go nowhere: their host is its own target. Raises HostUnreachable."""
    return await _survey(host, host, only)


async def _survey(source: Onlooker, target: Onlooker, only: Collection[str] | None) -> Facts:
    of, usage, source_has, target_has = await asyncio.gather(
        _items(source, only), source.usage(), source.inventory(), target.inventory()
    )
    seen = (_item_facts(item, of, usage) for item in of.items)
    items = {facts.item.name: facts for facts in seen if facts}
    networks = {name for facts in items.values() for name in network_names(facts)}
    containers = [c for facts in items.values() for c in facts.containers]
    binds = frozenset(path for c in containers for path in bind_sources(c))
    here, there = await asyncio.gather(source.path_kinds(binds), target.path_kinds(binds))
    return Facts(
        source=source.info,
        target=target.info,
        source_has=source_has,
        target_has=target_has,
        items=items,
        images=of.images,
        networks={n: found for n, found in source_has.networks.items() if n in networks},
        volumes=of.volumes,
        volume_users=of.volume_users,
        missing_paths=binds - there.keys(),
        differing_paths=frozenset(p for p, kind in here.items() if there.get(p, kind) != kind),
    )


def refuse_same_host(source: HostInfo, target: HostInfo) -> None:
    """Raise UsageError if two addresses lead to one store."""
    if source.machine_id and source.machine_id == target.machine_id:
        raise UsageError(
            f"{source.label} and {target.label} are the same host",
            todo="Name two different hosts.",
        )


async def _items(source: Onlooker, only: Collection[str] | None) -> _Items:
    estate = await source.estate()
    items = tuple(item for item in estate.items if only is None or item.name in only)
    listed = [c for item in items for c in item.containers]
    ids = {c.id for c in listed}
    image_ids = {c.image_id.removeprefix("sha256:") for c in listed}
    pods, containers, images, inside = await asyncio.gather(
        source.inspect_all(Thing.POD, {i.id for i in items if i.kind is Kind.POD}),
        source.inspect_all(Thing.CONTAINER, ids),
        source.inspect_all(Thing.IMAGE, image_ids - {""}),
        source.inside(None if only is None else ids),
    )
    names = {name for c in containers.values() for name in volume_names(c)}
    mounting = ids if only is None else await source.volume_users(names)
    volumes, others = await asyncio.gather(
        source.inspect_all(Thing.VOLUME, names),
        source.inspect_all(Thing.CONTAINER, mounting - ids),
    )
    users = _volume_users(estate, names, {**containers, **others})
    return _Items(items, pods, containers, images, inside, volumes, users)


async def complete(facts: Facts, source: Onlooker, marks: Mapping[str, Route]) -> Facts:
    """Add what takes a call per item for those marked for kube: YAML, files that stay behind."""
    marked = {name: facts.items[name] for name in marks if name in facts.items}
    by_kube = [name for name in marked if marks[name] is Route.KUBE]
    played, changed = await asyncio.gather(
        asyncio.gather(*(_with_kube(source, marked[name]) for name in by_kube)),
        _changed_files(source, [marked[name] for name in by_kube]),
    )
    items = {**facts.items, **dict(zip(by_kube, played, strict=True))}
    return dataclasses.replace(facts, items=items, changed_files=changed)


def _item_facts(item: Item, of: _Items, usage: Mapping[str, Usage]) -> ItemFacts | None:
    """None: a part of it went while it was looked at."""
    ids = [c.id for c in item.containers]
    if not of.containers.keys() >= set(ids) or (item.kind is Kind.POD and item.id not in of.pods):
        return None
    return ItemFacts(
        item=item,
        pod=of.pods.get(item.id),
        containers=tuple(of.containers[i] for i in ids),
        memory={i: usage[i].memory_bytes for i in ids if i in usage},
        inside={i: of.inside[i] for i in ids if i in of.inside},
    )


async def _with_kube(source: Onlooker, seen: ItemFacts) -> ItemFacts:
    try:
        yaml = await source.generate_kube(seen.item.id)
    except CommandFailed as failure:
        return dataclasses.replace(seen, kube_error=failure.detail or failure.what)
    return dataclasses.replace(seen, kube_yaml=yaml)


async def _changed_files(
    source: Onlooker, items: Iterable[ItemFacts]
) -> Mapping[str, frozenset[str]]:
    ids = [c.id for seen in items for c in seen.item.containers]
    changed = await asyncio.gather(*(source.changed_files(ident) for ident in ids))
    return dict(zip(ids, changed, strict=True))


def _volume_users(
    estate: Estate, volumes: Collection[str], containers: Inspected
) -> Mapping[str, tuple[str, ...]]:
    """Volume name to the names of running items that mount it."""
    users: dict[str, list[str]] = {name: [] for name in volumes}
    for item in estate.items:
        running = (c.id for c in item.containers if c.state is State.RUNNING)
        mounted = {n for i in running if i in containers for n in volume_names(containers[i])}
        for name in mounted & users.keys():
            users[name].append(item.name)
    return {name: tuple(found) for name, found in users.items()}
