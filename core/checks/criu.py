"""CRIU on both hosts: whether it is there, works on its kernel, and reads what the other wrote."""

from __future__ import annotations

from collections.abc import Iterator

from core.checks.facts import Facts
from core.checks.model import Finding, On, Severity
from core.checks.packages import install
from core.podman.model import HostInfo, Route
from core.podman.version import dotted, version_tuple

OLDER = "criu-older"
"""The check that makes kube the better route, though nothing is known to fail."""
_OLDEST = (3, 11)
"""Podman's own minimum (its pkg/criu)."""
_VDSO_SINCE, _VDSO_FIXED = (6, 13), (4, 1)
"""Since that kernel the vDSO has more areas than a CRIU before that takes (criu#2532)."""


def check_host(facts: Facts, host: HostInfo, on: On) -> Iterator[Finding]:
    """At the source it dumps, at the target it restores."""
    if host.rootless:
        return
    criu, where = host.criu_version, host.label
    if criu is None:
        yield Finding(
            "criu-missing",
            Severity.BLOCKED,
            f"CRIU is not installed on {where}: install it, or mark it for kube export",
            host=where,
            cause=f"CRIU is not installed on {where}",
            route=Route.CHECKPOINT,
            fix=install(host, on, "criu"),
        )
        return
    if criu < _OLDEST:
        yield Finding(
            "criu-old",
            Severity.BLOCKED,
            f"CRIU {dotted(criu)} on {where} is older than Podman takes ({dotted(_OLDEST)}): "
            "install a newer one, or mark it for kube export",
            host=where,
            subject=dotted(criu),
            cause=f"CRIU on {where} is too old",
            route=Route.CHECKPOINT,
            evidence=(f"CRIU {dotted(criu)}",),
        )
    if host.criu_trouble:
        yield Finding(
            "criu-check",
            Severity.BLOCKED,
            f"CRIU's own check on {where} says that it cannot work there: mark it for kube export",
            host=where,
            subject="criu check",
            cause=f"CRIU on {where} fails its own check",
            route=Route.CHECKPOINT,
            evidence=tuple(host.criu_trouble.splitlines()),
        )
    if criu < _VDSO_FIXED and version_tuple(host.kernel) >= _VDSO_SINCE:
        yield Finding(
            "criu-vdso",
            Severity.BLOCKED,
            f"CRIU {dotted(criu)} on {where} cannot dump or restore on kernel {host.kernel}, "
            "which takes CRIU 4.1 or newer: mark it for kube export",
            host=where,
            subject="vdso",
            cause=f"CRIU {dotted(criu)} does not know the kernel of {where}",
            route=Route.CHECKPOINT,
            evidence=(f"kernel {host.kernel}", f"CRIU {dotted(criu)}"),
        )
    if on is On.TARGET:
        yield from _goes_back(facts)


def _goes_back(facts: Facts) -> Iterator[Finding]:
    """CRIU reads what older ones dumped, and does not promise to read what newer ones did.

    4.1 fails on what 4.2 dumps (`vdso: ELF header magic mismatch`).
    """
    source, target = facts.source, facts.target
    old, new = source.criu_version, target.criu_version
    if old and new and new[:2] < old[:2]:
        yield Finding(
            OLDER,
            Severity.LOSS,
            f"CRIU {dotted(new)} on {target.label} may not restore what CRIU {dotted(old)} on "
            f"{source.label} dumps: if so, it comes back to {source.label}, "
            "or mark it for kube export",
            host=target.label,
            subject=dotted(new),
            cause=f"CRIU on {target.label} is older than on {source.label}",
            route=Route.CHECKPOINT,
            evidence=(
                f"{source.label}: CRIU {dotted(old)}",
                f"{target.label}: CRIU {dotted(new)}",
            ),
        )
