"""Healthchecks, which neither route carries over whole."""

from __future__ import annotations

from collections.abc import Iterator

from core.checks.facts import Facts, ItemFacts
from core.checks.model import Finding, Severity
from core.podman.model import Route


def check(facts: Facts, seen: ItemFacts) -> Iterator[Finding]:
    """Kube generate drops them, and a restore does not start their timer (read in Podman 5.8)."""
    told = {
        Route.CHECKPOINT: (
            "the healthcheck's timer is not started again by a restore; "
            "it returns at the next start"
        ),
        Route.KUBE: "the healthcheck is dropped",
    }
    for container in seen.containers:
        if not (container.get("Config") or {}).get("Healthcheck"):
            continue
        for route, what in told.items():
            yield Finding(
                "healthcheck",
                Severity.LOSS,
                f"{container['Name']}: {what}",
                item=seen.item.name,
                subject=route,
                cause=what,
                route=route,
            )
