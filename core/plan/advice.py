"""Which route an item is advised to take."""

from __future__ import annotations

from core.podman.model import HostInfo, Item, Route, State


def advised_route(item: Item, source: HostInfo, target: HostInfo) -> Route:
    """Live where everything of it runs and both hosts can checkpoint, else kube."""
    hosts_can = all(not h.rootless and h.criu_version is not None for h in (source, target))
    all_run = bool(item.containers) and all(c.state is State.RUNNING for c in item.containers)
    return Route.CHECKPOINT if hosts_can and all_run else Route.KUBE
