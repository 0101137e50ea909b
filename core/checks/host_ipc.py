"""Containers on the host's IPC namespace."""

from __future__ import annotations

from collections.abc import Iterator

from core.checks.facts import Facts, ItemFacts
from core.checks.model import Finding, Severity
from core.podman.model import Route


def check(facts: Facts, seen: ItemFacts) -> Iterator[Finding]:
    """Podman dumps a container's /dev/shm, and unpacks it over what there is: here the host's own.

    Seen with Podman 5.8.6: that puts an old libpod_lock in place, on which podman hangs for good.
    """
    for container in seen.containers:
        if (container.get("HostConfig") or {}).get("IpcMode") == "host":
            yield Finding(
                "host-ipc",
                Severity.BLOCKED,
                f"{container['Name']} uses the host's IPC (--ipc host): mark it for kube export",
                host=facts.source.label,
                item=seen.item.name,
                cause="the host's IPC is used",
                route=Route.CHECKPOINT,
                evidence=("HostConfig.IpcMode: host",),
            )
