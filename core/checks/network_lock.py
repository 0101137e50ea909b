"""How CRIU keeps the network still while it dumps and restores: by iptables, unless told."""

from __future__ import annotations

from collections.abc import Iterator

from core.checks.criu_config import set_option
from core.checks.facts import Facts
from core.checks.model import Finding, Fix, On, Severity
from core.checks.packages import install
from core.podman.model import HostInfo, Route
from core.podman.version import dotted

_NFTABLES = "network_lock_nftables"
"""The feature, in the words of `criu check --feature`."""
_NFTABLES_SINCE = (3, 16)
"""`criu --network-lock` came with it."""
_NFTABLES_BY_DEFAULT = ("fedora", "rhel", "redhat", "centos", "rocky", "almalinux", "ol")
"""Distributions that build CRIU so that it takes nftables without being told (criu#2583)."""


def check_host(facts: Facts, host: HostInfo, on: On) -> Iterator[Finding]:
    """Both a dump and a restore take the lock, also of containers without connections."""
    known = host.criu_version is not None and bool(host.tools) and not host.rootless
    method = host.criu_options.get("network-lock", "iptables")
    family = host.os.lower().startswith(_NFTABLES_BY_DEFAULT)
    if not known or method != "iptables" or family or "iptables-restore" in host.tools:
        return
    yield Finding(
        "network-lock",
        Severity.BLOCKED,
        f"CRIU on {host.label} runs iptables-restore, which is not installed there: "
        "let it use nftables, or install iptables",
        host=host.label,
        subject="iptables-restore",
        cause=f"CRIU on {host.label} lacks iptables-restore",
        route=Route.CHECKPOINT,
        evidence=(
            f"CRIU {dotted(host.criu_version or ())}",
            f"network-lock {method}",
            "iptables-restore: not found",
        ),
        fix=_fix(host, on),
    )


def _fix(host: HostInfo, on: On) -> Fix | None:
    if host.criu_features:
        able = _NFTABLES in host.criu_features
    else:
        able = "nft" in host.tools and (host.criu_version or ()) >= _NFTABLES_SINCE
    if able:
        title = f"let CRIU on {host.label} lock the network with nftables"
        return set_option(title, on, "network-lock", "nftables")
    return install(host, on, "iptables")
