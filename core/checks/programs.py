"""What a container is like beyond the usual: nothing of it hinders, and each is worth knowing."""

from __future__ import annotations

from collections.abc import Iterator

from core.checks.facts import Facts, ItemFacts
from core.checks.model import Finding, Severity
from core.podman.model import Route


def check(facts: Facts, seen: ItemFacts) -> Iterator[Finding]:
    """Terminals, privileges and shared mounts were dumped and restored with CRIU 4.2.1."""
    for container in seen.containers:
        name = str(container["Name"])
        config, host = container.get("Config") or {}, container.get("HostConfig") or {}
        inside = seen.inside.get(str(container["Id"]))
        if inside is not None and inside.program in ("systemd", "init"):
            yield _note(
                facts,
                seen,
                "systemd",
                f"{name} runs {inside.program} as its first process: it keeps more open than most "
                "programs, so look closely at what the probe and the dump say",
                f"PID 1: {inside.program}",
            )
        if config.get("Tty"):
            yield _note(
                facts,
                seen,
                "tty",
                f"{name} has a terminal: it gets a new one, and whoever is attached is cut off",
                "Config.Tty: true",
            )
        if host.get("Privileged"):
            yield _note(
                facts,
                seen,
                "privileged",
                f"{name} is privileged: it sees {facts.target.label}'s devices after the move",
                "HostConfig.Privileged: true",
            )
        shared = [
            str(m.get("Destination"))
            for m in container.get("Mounts") or ()
            if str(m.get("Propagation") or "") in ("shared", "rshared")
        ]
        shared += [p for p in (inside.shared_mounts if inside else ()) if p not in shared]
        if shared:
            yield _note(
                facts,
                seen,
                "shared-propagation",
                f"{name} shares mounts with {facts.source.label}: what it mounted there stays "
                "there, and after the move it shares them with the target",
                f"shared: {', '.join(shared)}",
            )


def _note(facts: Facts, seen: ItemFacts, check_name: str, what: str, evidence: str) -> Finding:
    return Finding(
        check_name,
        Severity.NOTE,
        what,
        host=facts.source.label,
        item=seen.item.name,
        cause=check_name.replace("-", " "),
        route=Route.CHECKPOINT,
        evidence=(evidence,),
    )
