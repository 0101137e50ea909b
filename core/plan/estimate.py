"""For how long an item will be down: a first guess, the same wherever one is told."""

from __future__ import annotations

from core.podman.model import Item, Route

_FIXED_S = {Route.CHECKPOINT: 1.0, Route.KUBE: 3.0}
"""What the way takes for an empty container: dump and restore, or stop (of a program that obeys)
and play."""
_MORE_CONTAINERS = 0.6
"""What each container of a pod takes of that."""
_BYTES_PER_S = 80e6
"""A cautious rate for memory on its way from one store to the other."""


def downtime_s(item: Item, route: Route, memory_bytes: int) -> float:
    """What does not run is not down any longer than it is already."""
    if not item.running:
        return 0.0
    moving = (memory_bytes if route is Route.CHECKPOINT else 0) + (item.size_bytes or 0)
    return _FIXED_S[route] * max(1, len(item.containers) * _MORE_CONTAINERS) + moving / _BYTES_PER_S
