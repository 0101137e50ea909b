"""How items are watched where they arrive: one value, set once for a run."""

from __future__ import annotations

import os
from dataclasses import dataclass

from core.errors import UsageError
from core.evidence.probe import Probe
from core.evidence.probe_file import read_probes

VARIABLE = "PODFERRY_DWELL"
"""Environment variable: seconds for which an item is watched, where no option says it."""
DWELL_S = 30.0
EVERY_S = 5.0
LONGEST_S = 3600.0


@dataclass(frozen=True, slots=True)
class Watch:
    """For how long, how often, and by which probes beside those of labels."""

    dwell_s: float = DWELL_S
    """0: it is compared once, and not watched."""
    every_s: float = EVERY_S
    probes: tuple[Probe, ...] = ()
    keep_different: bool = False
    """What differs is told, and stays on the target."""

    @classmethod
    def configured(cls) -> Watch:
        """As the environment and the default file of probes say. Raises UsageError."""
        text = os.environ.get(VARIABLE, "")
        try:
            dwell_s = float(text) if text else DWELL_S
        except ValueError:
            dwell_s = -1
        if not 0 <= dwell_s <= LONGEST_S:
            raise UsageError(f"{VARIABLE} is {text!r}: it takes seconds, 0 to {LONGEST_S:.0f}")
        return cls(dwell_s, probes=read_probes())

    def of(self, item: str) -> tuple[Probe, ...]:
        """The probes of an item."""
        return tuple(probe for probe in self.probes if probe.item == item)
