"""Networks that the target lacks, or has otherwise."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from core.checks.facts import Facts, ItemFacts, network_names
from core.checks.model import Finding, Fix, On, Run, Severity
from core.podman import commands
from core.podman.model import Inspection, Route

Subnet = ipaddress.IPv4Network | ipaddress.IPv6Network


def check(facts: Facts, seen: ItemFacts) -> Iterator[Finding]:
    """A run makes what is missing, where its subnets are free."""
    for name in dict.fromkeys(network_names(seen)):
        ours, theirs = facts.networks.get(name), facts.target_has.networks.get(name)
        if ours is None:
            continue
        if theirs is None:
            overlaps = list(_overlaps(facts, seen, name, ours))
            yield from overlaps or [_missing(facts, seen, name, ours)]
        elif _texts(theirs) != _texts(ours):
            where = facts.target.label
            yield Finding(
                "network-differs",
                Severity.LOSS,
                f"network {name} has another subnet on {where}: "
                "the address inside the container changes",
                host=where,
                item=seen.item.name,
                subject=name,
                cause=f"network {name} has another subnet on {where}",
                route=Route.CHECKPOINT,
                evidence=(
                    f"{facts.source.label}: {', '.join(_texts(ours))}",
                    f"{where}: {', '.join(_texts(theirs))}",
                ),
            )


def _overlaps(facts: Facts, seen: ItemFacts, name: str, network: Inspection) -> Iterator[Finding]:
    where = facts.target.label
    for wanted in subnets(network):
        for other, inspection in facts.target_has.networks.items():
            taken = subnets(inspection)
            if any(wanted.version == s.version and wanted.overlaps(s) for s in taken):
                yield Finding(
                    "network-overlaps",
                    Severity.BLOCKED,
                    f"network {name} ({wanted}) is missing on {where}, and {other} there "
                    f"overlaps it: make {name} with another subnet",
                    host=where,
                    item=seen.item.name,
                    subject=name,
                    cause=f"{other} on {where} overlaps the missing network {name}",
                    evidence=(f"{name}: {wanted}", *(f"{other}: {s}" for s in taken)),
                )


def _missing(facts: Facts, seen: ItemFacts, name: str, network: Inspection) -> Finding:
    where = facts.target.label
    return Finding(
        "network-missing",
        Severity.NOTE,
        f"network {name} is missing on {where}: the run makes it",
        host=where,
        item=seen.item.name,
        subject=name,
        cause=f"network {name} is missing on {where}",
        fix=Fix(
            f"create network {name} on {where}",
            (Run(On.TARGET, commands.create_network(network)),),
            undo=(Run(On.TARGET, ("podman", "network", "rm", "--", name)),),
            limits=("It does not carry over containers' addresses or firewall rules of your own.",),
        ),
    )


def subnets(network: Inspection) -> list[Subnet]:
    """Subnets of an inspected network."""
    return [
        ipaddress.ip_network(str(entry["subnet"]), strict=False)
        for entry in network.get("subnets") or ()
    ]


def _texts(network: Inspection) -> list[str]:
    return sorted(str(entry.get("subnet")) for entry in network.get("subnets") or ())
