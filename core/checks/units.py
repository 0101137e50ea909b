"""systemd units that start an item's containers again when they stop."""

from __future__ import annotations

from collections.abc import Iterator

from core.checks.facts import Facts, ItemFacts
from core.checks.model import Finding, Fix, On, Run, Severity
from core.podman.model import HostInfo
from core.podman.units import MASK, UNMASK


def check(facts: Facts, seen: ItemFacts) -> Iterator[Finding]:
    """Such a unit would start the source copy again, beside the one on the target."""
    names = dict.fromkeys([seen.item.name, *(str(c["Name"]) for c in seen.containers)])
    units = {name: facts.source_has.units[name] for name in names if name in facts.source_has.units}
    for unit in dict.fromkeys(units.values()):
        owned = [name for name, owner in units.items() if owner == unit]
        yield Finding(
            "unit",
            Severity.BLOCKED,
            f"{', '.join(owned)} belongs to the systemd unit {unit} on {facts.source.label}, "
            "which would start it again after the move: mask the unit",
            host=facts.source.label,
            item=seen.item.name,
            subject=unit,
            cause=f"{unit} on {facts.source.label} would start it again",
            evidence=tuple(f"{name}: {unit}" for name in owned),
            fix=mask(unit, facts.source),
        )


def mask(unit: str, source: HostInfo) -> Fix:
    """Keep a unit of the source from starting by itself or by another one's wish."""
    whose = "--user" if source.rootless else ""
    return Fix(
        f"mask {unit} on {source.label}",
        (Run(On.SOURCE, ("sh", "-c", MASK, "podferry", unit, whose)),),
        undo=(Run(On.SOURCE, ("sh", "-c", UNMASK, "podferry", unit, whose)),),
        limits=(
            "It does not stop what runs now, and makes no unit on the target.",
            "Until it is unmasked, nothing starts the item at boot.",
        ),
    )
