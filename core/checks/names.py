"""Names and IDs that the target has already."""

from __future__ import annotations

from collections.abc import Iterator

from core.checks.facts import Facts, ItemFacts
from core.checks.model import Finding, Severity
from core.podman.model import SHORT_ID, Kind, Route


def check(facts: Facts, seen: ItemFacts) -> Iterator[Finding]:
    """An item keeps its name and, by checkpoint, its containers' IDs."""
    item, target, where = seen.item, facts.target_has, facts.target.label
    names = [item.name, *(str(c["Name"]) for c in seen.containers)]
    for name in dict.fromkeys(names):
        if kind := _kind(facts, name):
            yield Finding(
                "name-taken",
                Severity.BLOCKED,
                f"{where} has a {kind} named {name} already: rename or remove it there",
                host=where,
                item=item.name,
                subject=name,
                cause=f"the name {name} is taken on {where}",
            )
    ids = {item.id, *(str(c["Id"]) for c in seen.containers)} & set(target.containers.values())
    if ids and not any(name in target.containers for name in names):
        short = min(ids)[:SHORT_ID]
        yield Finding(
            "id-taken",
            Severity.BLOCKED,
            f"{where} holds the ID {short} under another name: remove it there",
            host=where,
            item=item.name,
            subject=short,
            cause=f"the ID {short} is taken on {where}",
            evidence=tuple(name for name, ident in target.containers.items() if ident in ids),
        )
    pod = played_pod(seen)
    if item.kind is Kind.CONTAINER and _kind(facts, pod):
        yield Finding(
            "name-taken",
            Severity.BLOCKED,
            f"play makes the pod {pod} of it, and {where} has that name already: rename it",
            host=where,
            item=item.name,
            subject=pod,
            cause=f"the name {pod} is taken on {where}",
            route=Route.KUBE,
        )


def played_pod(seen: ItemFacts) -> str:
    """Name of the pod that `podman kube play` makes of an item."""
    return seen.item.name if seen.item.kind is Kind.POD else f"{seen.item.name}-pod"


def _kind(facts: Facts, name: str) -> str:
    if name in facts.target_has.pods:
        return "pod"
    return "container" if name in facts.target_has.containers else ""
