"""Volumes that exist on the target, or that others write to."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from core.checks.facts import Facts, ItemFacts, volume_names
from core.checks.model import Finding, Fix, On, Run, Severity
from core.podman.volume_names import RENAME


def check(facts: Facts, seen: ItemFacts) -> Iterator[Finding]:
    """A volume is carried along once, and never over one that exists."""
    item, where = seen.item.name, facts.target.label
    for name in dict.fromkeys(v for c in seen.containers for v in volume_names(c)):
        if name in facts.target_has.volumes:
            yield Finding(
                "volume-exists",
                Severity.BLOCKED,
                f"volume {name} exists on {where} and is never overwritten: "
                "give the one there another name",
                host=where,
                item=item,
                subject=name,
                cause=f"volume {name} exists on {where}",
                fix=_rename(facts, name),
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


def _rename(facts: Facts, name: str) -> Fix:
    where = facts.target.label
    numbered = (f"{name}.before{number or ''}" for number in count())
    free = next(new for new in numbered if new not in facts.target_has.volumes)
    return Fix(
        f"keep volume {name} of {where} as {free}",
        (_run(name, free),),
        undo=(_run(free, name),),
        limits=(
            "Nothing in it is changed, and the item gets a volume of its own in its place.",
            f"It fails if a container on {where} has it, running or not.",
            "Labels of the volume are not kept.",
        ),
    )


def _run(old: str, new: str) -> Run:
    return Run(On.TARGET, ("sh", "-c", RENAME, "podferry", old, new))
