"""Containers that Podman deletes when they stop (`--rm`)."""

from __future__ import annotations

from collections.abc import Iterator

from core.checks.facts import Facts, ItemFacts
from core.checks.model import Finding, Severity


def check(facts: Facts, seen: ItemFacts) -> Iterator[Finding]:
    """The source copy would be gone as soon as it is frozen or stopped."""
    for container in seen.containers:
        name = str(container["Name"])
        if (container.get("HostConfig") or {}).get("AutoRemove"):
            yield Finding(
                "auto-remove",
                Severity.BLOCKED,
                f"{name} was started with --rm: stopping it would delete the source copy, "
                "and nothing could be rolled back",
                host=facts.source.label,
                item=seen.item.name,
                cause="started with --rm",
                evidence=("HostConfig.AutoRemove: true",),
            )
