"""The Engine protocol on a simulated host."""

from __future__ import annotations

from core.simulated.acting import Acting
from core.simulated.aside import Aside
from core.simulated.fixing import Fixing
from core.simulated.forwarding import Forwarding
from core.simulated.hibernating import Hibernating
from core.simulated.observing import Observing
from core.simulated.passes import Passes
from core.simulated.playing import Playing
from core.simulated.storing import Storing
from core.simulated.tracing import Tracing


class SimulatedEngine(
    Observing, Tracing, Storing, Forwarding, Aside, Passes, Acting, Fixing, Hibernating, Playing
):
    """One connection to a simulated host; its parts are in the modules beside this one.

    Several engines can share a host, as after a restart of Podferry; faults and pace belong to
    the connection, and everything else to the host.
    """
