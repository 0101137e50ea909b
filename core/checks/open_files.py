"""Kinds of open files that CRIU cannot dump, or not always."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from core.checks.facts import Facts, ItemFacts
from core.checks.model import Finding, Severity
from core.podman.model import Route
from core.podman.version import dotted

_REFUSED: Mapping[str, str] = {
    "io_uring": "an io_uring (criu#2131)",
    "userfaultfd": "a userfaultfd (criu#2021)",
    "perf_event": "perf events",
    "bpf-prog": "a BPF program",
    "fscontext": "a mount in the making",
    "seccomp notify": "a seccomp listener",
}
"""Anonymous inodes that no CRIU dumps; the first two were tried with 4.2.1."""
_PIDFD_SINCE = (4, 1)
_INOTIFY_ON_OVERLAY_SINCE = (4, 3)
"""criu#3043; before, a watch is dumped only if its path is one that CRIU guesses, as in /etc."""
_DUMPED_DEVICES = ("/dev/net/tun", "/dev/rtc", "/dev/ptmx", "/dev/console")
_GPUS = ("/dev/nvidia", "/dev/dri", "/dev/kfd")


def check(facts: Facts, seen: ItemFacts) -> Iterator[Finding]:
    """What the processes have open at this moment."""
    for container in seen.containers:
        inside = seen.inside.get(str(container["Id"]))
        if inside is None:
            continue
        name = str(container["Name"])
        for kind in sorted(inside.anonymous):
            yield from _anonymous(facts, seen, name, kind)
        for device in inside.devices:
            if device.startswith(_GPUS):
                yield _gpu(facts, seen, name, device)
            elif device not in _DUMPED_DEVICES:
                yield _refused(facts, seen, name, f"the device {device}", device, device)
        if inside.unix_outside:
            what = "a unix socket whose other end is outside"
            ends = ", ".join(inside.unix_outside)
            yield _refused(facts, seen, name, what, ends, "unix")


def _anonymous(facts: Facts, seen: ItemFacts, name: str, kind: str) -> Iterator[Finding]:
    criu = facts.source.criu_version or _PIDFD_SINCE
    if kind in _REFUSED:
        yield _refused(facts, seen, name, _REFUSED[kind], f"anon_inode:[{kind}]", kind)
    elif kind == "pidfd" and criu < _PIDFD_SINCE:
        yield _refused(facts, seen, name, "a pidfd (CRIU 4.1 can)", "pidfd", kind)
    elif kind == "inotify" and _watches_fail(facts):
        yield _inotify(facts, seen, name)


def _refused(
    facts: Facts, seen: ItemFacts, name: str, what: str, evidence: str, kind: str
) -> Finding:
    return Finding(
        "open-file",
        Severity.BLOCKED,
        f"{name} has {what} open, which CRIU cannot dump: mark it for kube export",
        host=facts.source.label,
        item=seen.item.name,
        subject=kind,
        cause=f"CRIU cannot dump {what}",
        route=Route.CHECKPOINT,
        evidence=(evidence,),
    )


def _watches_fail(facts: Facts) -> bool:
    criu = facts.source.criu_version
    return (
        facts.source.storage_driver == "overlay"
        and criu is not None
        and criu < _INOTIFY_ON_OVERLAY_SINCE
    )


def _inotify(facts: Facts, seen: ItemFacts, name: str) -> Finding:
    criu = dotted(facts.source.criu_version or ())
    return Finding(
        "inotify-overlay",
        Severity.LOSS,
        f"{name} watches files (inotify): CRIU {criu} fails to dump most watches on overlay; if "
        f"so, it goes on running on {facts.source.label}, or mark it for kube export",
        host=facts.source.label,
        item=seen.item.name,
        subject="inotify",
        cause=f"CRIU {criu} fails to dump most inotify watches on overlay",
        route=Route.CHECKPOINT,
        evidence=("anon_inode:inotify", f"storage driver {facts.source.storage_driver}"),
    )


def _gpu(facts: Facts, seen: ItemFacts, name: str, device: str) -> Finding:
    return Finding(
        "gpu",
        Severity.LOSS,
        f"{name} has the GPU {device} open: CRIU dumps it only with the vendor's plugin, and only "
        f"to the same GPU; if not, it goes on running on {facts.source.label}",
        host=facts.source.label,
        item=seen.item.name,
        subject=device,
        cause=f"{device} is open",
        route=Route.CHECKPOINT,
        evidence=(device,),
    )
