"""Addresses that the operator chose: whether the target's networks can give them."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator

from core.checks.facts import Facts, ItemFacts
from core.checks.model import Finding, Severity
from core.checks.networks import Subnet, subnets
from core.podman.commands import container_addresses, pod_addresses
from core.podman.model import Route


def check(facts: Facts, seen: ItemFacts) -> Iterator[Finding]:
    """An address must lie in the network there and be free; a restore keeps no MAC address."""
    item, where = seen.item.name, facts.target.label
    for container in seen.containers:
        for asked in container_addresses(container).values():
            if mac := asked.partition("mac=")[2].partition(",")[0]:
                yield Finding(
                    "mac-changes",
                    Severity.LOSS,
                    f"{container['Name']}: a restore gives it another MAC address than {mac}",
                    item=item,
                    subject=mac,
                    cause=f"the MAC address {mac} changes",
                    route=Route.CHECKPOINT,
                )
    for network, key, text in asked_addresses(seen):
        theirs = subnets(facts.target_has.networks.get(network) or {})
        if key != "mac" and theirs and not _lies_in(text, theirs):
            there = ", ".join(map(str, theirs))
            yield Finding(
                "address-outside",
                Severity.BLOCKED,
                f"its address {text} does not lie in {network} on {where} "
                f"({there}): make {network} there like here",
                host=where,
                item=item,
                subject=text,
                cause=f"{text} does not lie in network {network} on {where}",
                evidence=(f"{network}: {there}",),
            )
        if owner := facts.target_has.addresses.get(text.lower()):
            yield Finding(
                "address-taken",
                Severity.BLOCKED,
                f"its address {text} belongs to {owner} on {where}: free it there",
                host=where,
                item=item,
                subject=text,
                cause=f"the address {text} is taken on {where}",
                route=Route.KUBE if key == "mac" else None,
                evidence=(f"{owner}: {text}",),
            )


def asked_addresses(seen: ItemFacts) -> Iterator[tuple[str, str, str]]:
    """(network, `ip`, `ip6` or `mac`, address) that the operator asked for."""
    asked = [container_addresses(c) for c in seen.containers]
    if seen.pod is not None:
        asked.append(pod_addresses(seen.pod))
    for network, options in (pair for addresses in asked for pair in addresses.items()):
        for option in options.split(","):
            key, _, text = option.partition("=")
            yield network, key, text


def _lies_in(address: str, networks: Iterable[Subnet]) -> bool:
    try:
        return any(ipaddress.ip_address(address) in network for network in networks)
    except ValueError:
        return False
