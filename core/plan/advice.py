"""Which route an item is advised to take."""

from __future__ import annotations

from core.plan.blocks import criu_goes_back, criu_lacks, runtime_lacks
from core.podman.model import HostInfo, Item, Route, State


def advised_route(item: Item, source: HostInfo, target: HostInfo) -> Route:
    """Live where everything of it runs and both hosts can checkpoint, else kube.

    A listing does not tell the OCI runtime: the source's default is taken for it.
    """
    hosts_can = all(
        not h.rootless and h.criu_version is not None and not criu_lacks(h)
        for h in (source, target)
    )
    hosts_can = hosts_can and not (
        criu_goes_back(source, target) or any(runtime_lacks(source, target, source.runtime))
    )
    all_run = bool(item.containers) and all(c.state is State.RUNNING for c in item.containers)
    return Route.CHECKPOINT if hosts_can and all_run else Route.KUBE
