"""What marked items would take from each other on the target."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from core.checks.facts import ItemFacts, volume_names
from core.checks.model import Finding, Severity
from core.checks.names import played_pod
from core.podman.model import Kind, Route, Thing

Claims = Mapping[tuple[Thing, str], str]
"""Volumes and pods that items will make on the target, to those items' names."""


def claims(seen: ItemFacts, route: Route) -> Claims:
    """What an item will make on the target, if it moves by that route."""
    name = seen.item.name
    made = {(Thing.VOLUME, volume): name for c in seen.containers for volume in volume_names(c)}
    if seen.item.kind is Kind.POD or route is Route.KUBE:
        made[Thing.POD, played_pod(seen)] = name
    return made


def clashes(seen: ItemFacts, route: Route, before: Claims) -> Iterator[Finding]:
    """What the items that are marked before it take from an item; for that route only."""
    for (thing, subject), mine in claims(seen, route).items():
        other = before.get((thing, subject))
        if other is None:
            continue
        if thing is Thing.VOLUME:
            what = f"volume {subject} moves with {other}: move one, then the other"
        elif seen.item.kind is Kind.POD:
            what = f"{other} becomes a pod of the name {subject}: move one only"
        else:
            what = f"play makes the pod {subject} of it, and {other} takes that name"
        yield Finding(
            "claimed",
            Severity.BLOCKED,
            what,
            item=mine,
            subject=subject,
            cause=f"{other} takes the {thing} {subject} along",
            route=route,
        )
