"""Pods that cannot be made again around restored containers."""

from __future__ import annotations

from collections.abc import Iterator

from core.checks.facts import Facts, ItemFacts
from core.checks.model import Finding, Severity
from core.podman.model import Route


def check(facts: Facts, seen: ItemFacts) -> Iterator[Finding]:
    """Containers are restored one by one into a pod that shares what theirs does."""
    if seen.pod is None:
        return
    shared = tuple(str(name) for name in seen.pod.get("SharedNamespaces") or ())
    if "pid" in shared:
        yield Finding(
            "pod-shares-pid",
            Severity.BLOCKED,
            "the pod shares its PID namespace, which CRIU cannot dump: mark it for kube",
            host=facts.source.label,
            item=seen.item.name,
            cause="the pod shares its PID namespace",
            route=Route.CHECKPOINT,
            evidence=(f"SharedNamespaces: {', '.join(shared)}",),
        )
    if not seen.pod.get("InfraContainerID"):
        yield Finding(
            "pod-without-infra",
            Severity.BLOCKED,
            "the pod has no infra container to restore into: mark it for kube export",
            host=facts.source.label,
            item=seen.item.name,
            cause="the pod has no infra container",
            route=Route.CHECKPOINT,
        )
