"""Secrets that the target lacks."""

from __future__ import annotations

from collections.abc import Iterator

from core.checks.facts import Facts, ItemFacts
from core.checks.model import Cargo, Carry, Finding, Fix, On, Run, Severity


def check(facts: Facts, seen: ItemFacts) -> Iterator[Finding]:
    """Podman makes no container that names a secret which it does not have."""
    where = facts.target.label
    for container in seen.containers:
        for secret in (container.get("Config") or {}).get("Secrets") or ():
            name = str(secret.get("Name"))
            if name not in facts.target_has.secrets:
                yield Finding(
                    "secret-missing",
                    Severity.BLOCKED,
                    f"the secret {name} is missing on {where}: create it there",
                    host=where,
                    item=seen.item.name,
                    subject=name,
                    cause=f"secret {name} is missing on {where}",
                    fix=_copy(facts, name),
                )


def _copy(facts: Facts, name: str) -> Fix:
    where = facts.target.label
    return Fix(
        f"copy secret {name} from {facts.source.label} to {where}",
        (Carry(Cargo.SECRET, name),),
        undo=(Run(On.TARGET, ("podman", "secret", "rm", "--", name)),),
        limits=(
            "It passes through this machine's memory, and is neither shown, logged nor journalled.",
        ),
    )
