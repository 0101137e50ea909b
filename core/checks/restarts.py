"""Restart policies: the source copy must not come back, and the target's must be the same."""

from __future__ import annotations

from collections.abc import Iterator

from core.checks.facts import Facts, ItemFacts
from core.checks.model import Finding, Severity
from core.podman.model import Inspection, Route

_NO_RESTART = ("", "no", "never")


def check(facts: Facts, seen: ItemFacts) -> Iterator[Finding]:
    """A run disarms and sets policies where Podman can change them; else something is lost."""
    source, target = facts.source, facts.target
    old = not can_update_restart(source.podman_version)
    for container in seen.containers:
        policy = restart_policy(container)
        if not can_update_restart(target.podman_version):
            given = played_policy(seen)
            if (policy or "no") != given:
                yield _loss(
                    "restart-changes",
                    seen,
                    container,
                    f"restart policy {policy or 'no'} becomes {given}",
                    host=target.label,
                    route=Route.KUBE,
                )
            if policy and not old:
                yield _loss(
                    "restart-changes",
                    seen,
                    container,
                    f"Podman on {target.label} cannot change a restart policy, "
                    f"so {policy_name(container)} becomes no",
                    host=target.label,
                    route=Route.CHECKPOINT,
                )
        if policy and old:
            yield _loss(
                "restart-stays-armed",
                seen,
                container,
                f"Podman on {source.label} cannot change a restart policy "
                f"({policy_name(container)}), so a reboot there would start the old copy: "
                "accept the move before that",
                host=source.label,
            )


def _loss(
    name: str,
    seen: ItemFacts,
    container: Inspection,
    what: str,
    *,
    host: str,
    route: Route | None = None,
) -> Finding:
    return Finding(
        name,
        Severity.LOSS,
        f"{container['Name']}: {what}",
        host=host,
        item=seen.item.name,
        cause=f"Podman on {host} cannot change a restart policy",
        route=route,
    )


def can_update_restart(version: tuple[int, ...]) -> bool:
    """`podman update --restart` came with Podman 5.1 (its release notes)."""
    return version >= (5, 1)


def restart_policy(container: Inspection) -> str:
    """A container's policy as `podman update --restart` takes it; empty for none."""
    name = policy_name(container)
    if name in _NO_RESTART:
        return ""
    policy = (container.get("HostConfig") or {}).get("RestartPolicy") or {}
    retries = int(policy.get("MaximumRetryCount") or 0)
    return f"{name}:{retries}" if name == "on-failure" and retries else name


def policy_name(container: Inspection) -> str:
    """The container's restart policy in Podman's words; `no` for none."""
    policy = (container.get("HostConfig") or {}).get("RestartPolicy") or {}
    return str(policy.get("Name") or "no")


def played_policy(seen: ItemFacts) -> str:
    """What play gives to all containers of an item: the strongest of their policies."""
    names = {policy_name(c) for c in seen.containers}
    if names & {"always", "unless-stopped"}:
        return "always"
    return "on-failure" if "on-failure" in names else "no"
