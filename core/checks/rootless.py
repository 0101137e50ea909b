"""Hosts whose Podman does not run as root."""

from __future__ import annotations

from collections.abc import Iterator

from core.checks.facts import Facts
from core.checks.model import Finding, On, Severity
from core.podman.model import HostInfo, Route


def check_host(facts: Facts, host: HostInfo, on: On) -> Iterator[Finding]:
    """CRIU needs root."""
    if host.rootless:
        yield Finding(
            "rootless",
            Severity.BLOCKED,
            f"{host.label} is rootless, which cannot checkpoint: mark it for kube export",
            host=host.label,
            cause=f"{host.label} is rootless",
            route=Route.CHECKPOINT,
            evidence=(f"graph root: {host.graph_root}",),
        )
