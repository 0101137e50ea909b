"""How fast a simulated host is, and how much of its weight really flows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from core.simulated.things import MIB


@dataclass(frozen=True, slots=True)
class Pace:
    """Delays and rates of a simulated host."""

    delays_s: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    """Verb to the time that it takes; verbs that are not named take none."""
    rate_bytes_s: float | None = None
    """Of one outgoing stream. None: as fast as it is read."""
    payload_scale: float = 1 / 1024
    """Share of the memory and image sizes that really flows through streams."""

    def payload_bytes(self, size_bytes: int) -> int:
        """How many bytes flow for something of that size."""
        return int(size_bytes * self.payload_scale)


INSTANT = Pace()
"""For tests: no delays, small streams."""

DEMO = Pace(
    delays_s=MappingProxyType(
        {
            "connect": 0.4,
            "inspect": 0.01,
            "inventory": 0.15,
            "act": 0.6,
            "store": 0.4,
            "refresh": 0.2,
            "estate": 0.1,
            "create_network": 0.2,
            "create_volume": 0.1,
            "load_image": 0.3,
            "set_restart_policy": 0.15,
            "start": 0.5,
            "stop": 0.8,
            "remove": 0.4,
            "checkpoint": 0.7,
            "restore": 1.2,
            "restore_in_place": 0.9,
            "create_pod": 0.5,
            "generate_kube": 0.3,
            "play_kube": 1.5,
        }
    ),
    rate_bytes_s=48.0 * MIB,
    payload_scale=1.0,
)
"""For the demo: feels like a migration over a gigabit network."""
