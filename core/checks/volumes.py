"""Volumes that exist on the target, or that others write to."""

from __future__ import annotations

from collections.abc import Iterator

from core.checks.facts import Facts, ItemFacts, volume_names
from core.checks.model import Finding, Severity


def check(facts: Facts, seen: ItemFacts) -> Iterator[Finding]:
    """A volume is carried along once, and never over one that exists."""
    item, where = seen.item.name, facts.target.label
    for name in dict.fromkeys(v for c in seen.containers for v in volume_names(c)):
        if name in facts.target_has.volumes:
            yield Finding(
                "volume-exists",
                Severity.BLOCKED,
                f"volume {name} exists on {where} and is never overwritten: "
                "remove or rename it there",
                host=where,
                item=item,
                subject=name,
                cause=f"volume {name} exists on {where}",
            )
        others = [user for user in facts.volume_users.get(name, ()) if user != item]
        if others:
            yield Finding(
                "volume-shared",
                Severity.BLOCKED,
                f"volume {name} is also in use by {', '.join(others)}: what that writes after "
                "the copy would be lost; stop it first",
                host=facts.source.label,
                item=item,
                subject=name,
                cause=f"volume {name} has several users",
                evidence=tuple(others),
            )
