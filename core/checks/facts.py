"""What both hosts and the marked items are like, as the checks and the plan read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from core.podman.model import HostInfo, Inside, Inspection, Inventory, Item


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
    inside: Mapping[str, Inside] = field(default_factory=dict)
    """Container ID to what its processes hold, of those that run."""

    @property
    def memory_bytes(self) -> int:
        """What all its containers hold."""
        return sum(self.memory.values())


@dataclass(frozen=True)
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
    changed_files: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Container ID to what differs from its image; of those alone that may leave it behind."""
    differing_paths: frozenset[str] = frozenset()
    """Bind-mount sources that are a folder on one host and none on the other."""

    @cached_property
    def dependents(self) -> Mapping[str, tuple[str, ...]]:
        """Container ID to the names of single containers that cannot be without it."""
        found: dict[str, tuple[str, ...]] = {}
        for seen in self.items.values():
            for container in seen.containers if seen.pod is None else ():
                for needed in container.get("Dependencies") or ():
                    found[needed] = (*found.get(needed, ()), str(container["Name"]))
        return found


def volume_names(container: Inspection) -> list[str]:
    """Named (and anonymous) volumes that a container mounts."""
    return [str(m["Name"]) for m in container.get("Mounts") or () if m.get("Type") == "volume"]


def bind_sources(container: Inspection) -> list[str]:
    """Host paths that a container mounts."""
    return [str(m["Source"]) for m in container.get("Mounts") or () if m.get("Type") == "bind"]


def network_names(facts: ItemFacts) -> list[str]:
    """Networks that an item joins."""
    if facts.pod is not None and facts.pod.get("InfraContainerID"):
        infra = facts.pod.get("InfraConfig") or {}
        return [] if infra.get("HostNetwork") else [str(n) for n in infra.get("Networks") or ()]
    return [
        str(name)
        for c in facts.containers
        for name in (c.get("NetworkSettings") or {}).get("Networks") or ()
    ]
