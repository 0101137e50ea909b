"""What the kube route drops or renames, told from inspect alone, before any YAML is made.

Read off Podman 5.8's output and podman-kube-play(1); the plan repairs what can be said in YAML.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from core.checks.facts import Facts, ItemFacts
from core.checks.model import Finding, Severity
from core.podman.commands import flag_values, own_words
from core.podman.model import Inspection, Route, State

_SHOWN = 5
"""Paths that are named one by one."""

_DROPPED_FLAGS = {
    "--sysctl": "sysctls",
    "--secret": "secrets",
    "--log-driver": "the log driver",
    "--log-opt": "log options",
    "--group-add": "extra groups",
    "--stop-signal": "the stop signal",
    "--stop-timeout": "the stop timeout",
    "--security-opt": "security options",
    "--memory-reservation": "the memory reservation",
    "--memory-swap": "the swap limit",
    "--cpu-shares": "cpu shares",
    "--tmpfs": "sizes of tmpfs mounts",
    "--pids-limit": "the pids limit",
    "--shm-size": "the size of /dev/shm",
    "--requires": "dependencies on other containers",
    "--systemd": "systemd mode",
    "--device": "devices",
    "--network-alias": "further names in its networks",
}


def check(facts: Facts, seen: ItemFacts) -> Iterator[Finding]:
    """What a move of this item by kube loses."""
    yield from _memory(seen)
    for container in seen.containers:
        name = str(container["Name"])
        if what := _left_behind(facts, container):
            cause = "files changed in a writable layer do not travel by kube"
            yield _loss(seen, "kube-layer", f"{name}: {what}", cause=cause)
        labels = (container.get("Config") or {}).get("Labels") or {}
        if seen.pod is not None and labels != kept_labels(seen):
            what = "it gets the pod's labels in place of its own"
            yield _loss(seen, "kube-labels", f"{name}: {what}", cause=f"by kube {what}")
        for flag in dict.fromkeys(flag for flag, _ in flag_values(own_words(container))):
            if flag in _DROPPED_FLAGS:
                what = f"{_DROPPED_FLAGS[flag]} ({flag}) are dropped"
                yield _loss(seen, "kube-drops", f"{name}: {what}", subject=flag, cause=what)
    yield from _as_a_pod(seen)
    yield from _names(facts, seen)


def _as_a_pod(seen: ItemFacts) -> Iterator[Finding]:
    """What becomes of an item because all that is played is a pod."""
    if seen.pod is None:
        what = f"it becomes the pod {seen.item.name}-pod with one container"
        yield _loss(seen, "kube-becomes-pod", what, cause="a container becomes a pod by kube")
    elif not seen.pod.get("InfraContainerID") and len(seen.containers) > 1:
        what = "its containers, each with a network of its own now, share one and all of its ports"
        cause = "by kube the containers of a pod share one network"
        yield _loss(seen, "kube-shares-network", what, cause=cause)


def _memory(seen: ItemFacts) -> Iterator[Finding]:
    """What has no processes has nothing to lose here."""
    if any(c.state in (State.RUNNING, State.PAUSED) for c in seen.item.containers):
        what = "memory and processes do not travel by kube: its programs start afresh"
        yield _loss(seen, "kube-memory", what, cause="memory does not travel by kube")


def _left_behind(facts: Facts, container: Inspection) -> str:
    """What of its writable layer stays on the source, as far as that was looked at."""
    known = facts.changed_files.get(str(container["Id"]))
    if known is None:
        return "files changed in its writable layer do not travel by kube"
    mounts = {str(m["Destination"]) for m in container.get("Mounts") or ()}
    mounts |= set((container.get("HostConfig") or {}).get("Tmpfs") or ())
    lost = sorted(known - mounts - {path.rpartition("/")[0] for path in mounts})
    if not lost:
        return ""
    shown, more = ", ".join(lost[:_SHOWN]), len(lost) - _SHOWN
    rest = f" and {more} more" if more > 0 else ""
    return f"changed since its image and left behind by kube: {shown}{rest}"


def _names(facts: Facts, seen: ItemFacts) -> Iterator[Finding]:
    """Why the item has no YAML, or one that cannot tell its containers apart."""
    if seen.kube_error:
        yield Finding(
            "kube-refused",
            Severity.BLOCKED,
            f"Podman generates no YAML for it: {seen.kube_error}",
            host=facts.source.label,
            item=seen.item.name,
            cause="Podman generates no YAML",
            route=Route.KUBE,
        )
    names = [str(c["Name"]) for c in seen.containers]
    if len({generated_name(name) for name in names}) < len(names):
        yield Finding(
            "kube-names-collide",
            Severity.BLOCKED,
            "Podman's YAML tells names apart without underscores only: rename a container",
            host=facts.source.label,
            item=seen.item.name,
            cause="names are alike without underscores",
            route=Route.KUBE,
            evidence=tuple(names),
        )


def _loss(seen: ItemFacts, name: str, what: str, *, cause: str, subject: str = "") -> Finding:
    return Finding(
        name,
        Severity.LOSS,
        what,
        item=seen.item.name,
        subject=subject,
        cause=cause,
        route=Route.KUBE,
    )


def kept_labels(seen: ItemFacts) -> Mapping[str, str]:
    """The labels that the repaired YAML gives to the pod, and play to its containers."""
    if seen.pod is not None:
        return seen.pod.get("Labels") or {}
    return (seen.containers[0].get("Config") or {}).get("Labels") or {}


def generated_name(name: str) -> str:
    """What `podman kube generate` makes of a container's name."""
    return name.replace("_", "")
