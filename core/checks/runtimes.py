"""The OCI runtime of a container: a restore keeps it, so both hosts need it, with CRIU in it."""

from __future__ import annotations

from collections.abc import Iterator

from core.checks.facts import Facts, ItemFacts
from core.checks.model import Finding, On, Severity
from core.checks.packages import install
from core.podman.model import HostInfo, Route
from core.podman.version import dotted

_CRUN_MASKS = (1, 24)
"""Since then crun masks folders by a mount that older ones do not give to CRIU (crun#1859)."""

_POD_SINCE = {"crun": (1, 18), "runc": (1, 1)}
"""`restore --lsm-mount-context`, which Podman looks for."""


def check(facts: Facts, seen: ItemFacts) -> Iterator[Finding]:
    """Each runtime of an item's containers, once."""
    for name in dict.fromkeys(str(c.get("OCIRuntime")) for c in seen.containers):
        for host, check_name, why in (
            *runtime_lacks(facts.source, facts.target, name),
            *_pod_lacks(facts, seen, name),
        ):
            yield Finding(
                check_name,
                Severity.BLOCKED,
                f"{why}, or mark it for kube export",
                host=host.label,
                item=seen.item.name,
                subject=name,
                cause=why.removeprefix("it runs under "),
                route=Route.CHECKPOINT,
                evidence=tuple(f"{r.name} {dotted(r.version)}" for r in host.runtimes),
            )
        if name == "crun":
            yield from _library(facts, seen)


def _library(facts: Facts, seen: ItemFacts) -> Iterator[Finding]:
    """Crun loads CRIU's library: `could not load libcriu.so.2`. runc runs the program."""
    for host, on in ((facts.source, On.SOURCE), (facts.target, On.TARGET)):
        if host.libcriu is False and host.criu_version is not None:
            yield Finding(
                "libcriu",
                Severity.BLOCKED,
                f"crun on {host.label} needs CRIU's library, and only the program is installed: "
                "install libcriu there, or mark it for kube export",
                host=host.label,
                item=seen.item.name,
                subject="libcriu",
                cause=f"libcriu is missing on {host.label}",
                route=Route.CHECKPOINT,
                evidence=("libcriu.so.2: not found",),
                fix=install(host, on, "criu"),
            )


def _pod_lacks(facts: Facts, seen: ItemFacts, name: str) -> Iterator[tuple[HostInfo, str, str]]:
    """Podman restores into a pod by a flag of the runtime, and refuses if it has none."""
    runtime = facts.target.find_runtime(name)
    needed = _POD_SINCE.get(name, ())
    if seen.pod is not None and runtime is not None and runtime.version < needed:
        yield (
            facts.target,
            "runtime-no-pods",
            (
                f"{name} {dotted(runtime.version)} on {facts.target.label} cannot restore into a "
                f"pod: install {name} {dotted(needed)} or newer there"
            ),
        )


def runtime_lacks(
    source: HostInfo, target: HostInfo, name: str
) -> Iterator[tuple[HostInfo, str, str]]:
    """(host, check, reason) why a container under that OCI runtime cannot go live."""
    for host in (source, target):
        runtime = host.find_runtime(name)
        if runtime is None and host.runtimes and name in ("crun", "runc"):
            why = f"it runs under {name}, which is not installed on {host.label}: install it there"
            yield host, "runtime-missing", why
        if runtime is not None and not runtime.checkpoints:
            yield (
                host,
                "runtime-without-criu",
                f"{name} on {host.label} was built without CRIU: install another build of it there",
            )
    old, new = source.find_runtime(name), target.find_runtime(name)
    if old and new and name == "crun" and new.version < _CRUN_MASKS <= old.version:
        yield (
            target,
            "runtime-older",
            (
                f"crun {dotted(new.version)} on {target.label} cannot restore what crun "
                f"{dotted(old.version)} dumps: install crun {dotted(_CRUN_MASKS)} or newer there"
            ),
        )
