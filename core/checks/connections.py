"""TCP sockets of an item's processes: what a dump needs for them, and what becomes of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from core.checks.facts import Facts, ItemFacts
from core.checks.model import Finding, Flag, Severity
from core.podman.model import Route
from core.podman.version import dotted, version_tuple

TCP_CLOSE_SINCE = (5, 7)
"""`podman container restore --tcp-close`."""
_PASSCRED_REFUSED, _PASSCRED_OPTIONAL = (6, 16), (4, 2)
"""Kernels since 6.16 refuse SO_PASSCRED on TCP sockets; CRIU before 4.2 insists on it.

Seen: `sockets: Can't get 1:16 opt: Operation not supported`."""


def check(facts: Facts, seen: ItemFacts) -> Iterator[Finding]:
    """Seen at one instant: a dump that meets other connections finds out by itself."""
    for container in seen.containers:
        inside = seen.inside.get(str(container["Id"]))
        if inside is None:
            continue
        name = str(container["Name"])
        if inside.listening or inside.established:
            yield from _sockets(facts, seen, name, inside.listening or inside.established)
        if inside.established:
            yield _established(facts, seen, name, inside.established)
        if inside.in_flight:
            yield Finding(
                "tcp-in-flight",
                Severity.NOTE,
                f"{name} has {len(inside.in_flight)} TCP connections that are just being made: "
                "a dump that meets one is tried again",
                host=facts.source.label,
                item=seen.item.name,
                cause="new TCP connections are being made",
                route=Route.CHECKPOINT,
                evidence=inside.in_flight,
            )


def _established(facts: Facts, seen: ItemFacts, name: str, connections: tuple[str, ...]) -> Finding:
    target, count = facts.target, len(connections)
    has = f"{name} has {count} open TCP {'connection' if count == 1 else 'connections'}"
    common = Finding(
        "tcp-established",
        Severity.FLAGS,
        f"{has}: dumped with --tcp-established, closed at the restore with --tcp-close; "
        "clients connect anew",
        host=facts.source.label,
        item=seen.item.name,
        cause="open TCP connections",
        route=Route.CHECKPOINT,
        evidence=connections,
        flags=frozenset({Flag.TCP}),
    )
    if target.podman_version >= TCP_CLOSE_SINCE:
        return common
    return replace(
        common,
        severity=Severity.BLOCKED,
        what=f"{has}, and Podman {dotted(target.podman_version)} on {target.label} cannot close "
        "any at a restore (5.7 can): close them first, or mark it for kube export",
        host=target.label,
        flags=frozenset(),
    )


def _sockets(
    facts: Facts, seen: ItemFacts, name: str, sockets: tuple[str, ...]
) -> Iterator[Finding]:
    """The dump reads the option, the restore sets it."""
    for host in (facts.source, facts.target):
        criu = host.criu_version
        if (
            criu is not None
            and criu < _PASSCRED_OPTIONAL
            and version_tuple(host.kernel) >= _PASSCRED_REFUSED
        ):
            yield Finding(
                "tcp-passcred",
                Severity.BLOCKED,
                f"{name} has TCP sockets, which CRIU {dotted(criu)} on {host.label} cannot handle "
                f"on kernel {host.kernel}; CRIU 4.2 can: mark it for kube export",
                host=host.label,
                item=seen.item.name,
                subject="tcp",
                cause=f"CRIU {dotted(criu)} on {host.label} cannot handle TCP sockets",
                route=Route.CHECKPOINT,
                evidence=sockets,
            )
