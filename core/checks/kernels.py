"""The systems under the containers: kernel, security modules, cgroups, memory tracking."""

from __future__ import annotations

from collections.abc import Iterator

from core.checks.facts import Facts, ItemFacts
from core.checks.model import Finding, On, Severity
from core.podman.model import HostInfo, Route
from core.podman.version import version_tuple

_TRACKING = "mem_dirty_track"
"""The feature, in the words of `criu check --feature`."""


def check_host(facts: Facts, host: HostInfo, on: On) -> Iterator[Finding]:
    """What the target's system must have like the source's."""
    source, target = facts.source, facts.target
    if on is On.SOURCE:
        if host.criu_features and _TRACKING not in host.criu_features:
            yield Finding(
                "no-memory-tracking",
                Severity.NOTE,
                f"the kernel of {host.label} does not track changed memory: no pre-dump, so all "
                "memory moves while the item is down",
                host=host.label,
                cause=f"{host.label} has no memory tracking",
                route=Route.CHECKPOINT,
                evidence=(f"kernel {host.kernel}", f"criu check --feature {_TRACKING}: no"),
            )
        return
    if version_tuple(target.kernel)[:2] < version_tuple(source.kernel)[:2]:
        yield Finding(
            "kernel-older",
            Severity.NOTE,
            f"{target.label} has an older kernel: a program that uses what only {source.label}'s "
            "has would fail after a restore",
            host=target.label,
            subject="kernel",
            cause=f"the kernel of {target.label} is older",
            route=Route.CHECKPOINT,
            evidence=(f"{source.label}: {source.kernel}", f"{target.label}: {target.kernel}"),
        )
    if source.cgroup_version != target.cgroup_version:
        yield Finding(
            "cgroup-version",
            Severity.BLOCKED,
            f"{source.label} has cgroups v{source.cgroup_version} and {target.label} "
            f"v{target.cgroup_version}, which a restore cannot bridge: mark it for kube export",
            host=target.label,
            subject="cgroup",
            cause=f"{target.label} has cgroups of another version",
            route=Route.CHECKPOINT,
        )


def check(facts: Facts, seen: ItemFacts) -> Iterator[Finding]:
    """What a container was made with and the target's Podman or CRIU refuses."""
    yield from _cgroup_manager(facts, seen)
    yield from _security(facts, seen)


def _cgroup_manager(facts: Facts, seen: ItemFacts) -> Iterator[Finding]:
    """A restore keeps the cgroup parent, whose form depends on the manager.

    Tried with 5.8.6: `did not receive systemd slice as cgroup parent when using systemd`. Of a
    container in a pod it is the pod's, which is made anew.
    """
    ours, theirs = facts.source.cgroup_manager, facts.target.cgroup_manager
    if not ours or not theirs or ours == theirs or seen.pod is not None:
        return
    yield Finding(
        "cgroup-manager",
        Severity.BLOCKED,
        f"Podman on {facts.source.label} manages cgroups by {ours} and on {facts.target.label} by "
        f"{theirs}, which refuses a restore: set cgroup_manager there, or mark it for kube export",
        host=facts.target.label,
        item=seen.item.name,
        subject="cgroup",
        cause=f"Podman on {facts.target.label} manages cgroups in another way",
        route=Route.CHECKPOINT,
        evidence=(f"{facts.source.label}: {ours}", f"{facts.target.label}: {theirs}"),
    )


def _security(facts: Facts, seen: ItemFacts) -> Iterator[Finding]:
    """CRIU: `mismatched lsm types and lsm profile specified`, for what has a profile."""
    ours, theirs = facts.source.lsm, facts.target.lsm
    for container in seen.containers:
        profile = str(container.get("AppArmorProfile") or "")
        label = str(container.get("ProcessLabel") or "")
        confined = ("apparmor" in ours and profile not in ("", "unconfined")) or (
            "selinux" in ours and bool(label)
        )
        if confined and not ours & theirs:
            yield Finding(
                "lsm",
                Severity.BLOCKED,
                f"{container['Name']} is confined by {', '.join(sorted(ours))}, which "
                f"{facts.target.label} lacks, so CRIU refuses to restore it: "
                "mark it for kube export",
                host=facts.target.label,
                item=seen.item.name,
                subject="lsm",
                cause=f"{facts.target.label} lacks {', '.join(sorted(ours))}",
                route=Route.CHECKPOINT,
                evidence=(profile or label,),
            )
