"""The Engine protocol without Podman: for the demo, the tests of the screens, and the faults."""

from core.simulated.clock import ManualClock
from core.simulated.engine import SimulatedEngine
from core.simulated.estates import big_estate, seed_hosts, seed_pair
from core.simulated.faults import Faults
from core.simulated.host import SimulatedHost
from core.simulated.pace import DEMO, INSTANT, Pace

__all__ = [
    "DEMO",
    "INSTANT",
    "Faults",
    "ManualClock",
    "Pace",
    "SimulatedEngine",
    "SimulatedHost",
    "big_estate",
    "seed_hosts",
    "seed_pair",
]
