"""The Engine protocol on a simulated host."""

from __future__ import annotations

from core.simulated.acting import Acting
from core.simulated.carrying import Carrying
from core.simulated.checkpointing import Checkpointing
from core.simulated.observing import Observing
from core.simulated.playing import Playing


class SimulatedEngine(Observing, Carrying, Acting, Checkpointing, Playing):
    """One connection to a simulated host; its parts are in the modules beside this one.

    Several engines can share a host, as after a restart of Podferry; faults and pace belong to
    the connection, and everything else to the host.
    """
