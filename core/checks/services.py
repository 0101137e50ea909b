"""Hosts where Podman's API service does not listen."""

from __future__ import annotations

from collections.abc import Iterator

from core.checks.facts import Facts
from core.checks.model import Finding, Fix, On, Run, Severity
from core.podman.model import HostInfo


def check_host(facts: Facts, host: HostInfo, on: On) -> Iterator[Finding]:
    """Podferry then starts one that ends with it."""
    if host.service is False:
        yield Finding(
            "service-off",
            Severity.NOTE,
            f"Podman's API service does not listen on {host.label}: Podferry runs one for its own "
            "time, which makes connecting slower",
            host=host.label,
            subject="podman.socket",
            cause=f"Podman's API service does not listen on {host.label}",
            fix=_start(host, on) if "systemctl" in host.tools else None,
        )


def _start(host: HostInfo, on: On) -> Fix:
    systemctl = ("systemctl", "--user") if host.rootless else ("systemctl",)
    return Fix(
        f"start Podman's API service on {host.label}",
        (Run(on, (*systemctl, "enable", "--now", "podman.socket")),),
        undo=(Run(on, (*systemctl, "disable", "--now", "podman.socket")),),
        limits=("It listens on a socket that only its own user can open, also after a reboot.",),
    )
