"""Containers that cannot be without another container."""

from __future__ import annotations

from collections.abc import Iterator

from core.checks.facts import Facts, ItemFacts
from core.checks.model import Finding, Severity

_MODES = ("NetworkMode", "PidMode", "IpcMode", "UTSMode", "UsernsMode", "CgroupMode")


def check(facts: Facts, seen: ItemFacts) -> Iterator[Finding]:
    """A single container that joins another one's namespace, or requires it, moves by no route.

    One that others join can move, and leaves them behind.
    """
    yield from _left_behind(facts, seen)
    own = {str(c["Id"]) for c in seen.containers} | {seen.item.infra_id}
    for container in seen.containers:
        if container.get("Pod"):
            continue
        name, host = str(container["Name"]), container.get("HostConfig") or {}
        shared = [key for key in _MODES if str(host.get(key) or "").startswith("container:")]
        for key in shared:
            yield Finding(
                "shares-namespace",
                Severity.BLOCKED,
                f"{name} shares a namespace with another container ({key}): put both in a pod",
                host=facts.source.label,
                item=seen.item.name,
                cause="a namespace of another container",
                evidence=(f"HostConfig.{key}: {host[key]}",),
            )
        others = [str(d) for d in container.get("Dependencies") or () if d not in own]
        if others and not shared:
            yield Finding(
                "depends",
                Severity.BLOCKED,
                f"{name} requires another container (--requires): put both in a pod, "
                "or make it without that",
                host=facts.source.label,
                item=seen.item.name,
                cause="another container is required",
                evidence=tuple(others),
            )


def _left_behind(facts: Facts, seen: ItemFacts) -> Iterator[Finding]:
    left = list(
        dict.fromkeys(
            name for c in seen.containers for name in facts.dependents.get(str(c["Id"]), ())
        )
    )
    if left:
        yield Finding(
            "left-behind",
            Severity.LOSS,
            f"{', '.join(left)} depends on it and stays on {facts.source.label}, cut off from it",
            host=facts.source.label,
            item=seen.item.name,
            cause=f"other containers on {facts.source.label} depend on it",
            evidence=tuple(left),
        )
