"""A host in few words: for a pane's title and for the banner."""

from __future__ import annotations

from core.podman.model import HostInfo

_FIRST_WITH_FIXES = (3, 17)
_KNOWN_TO_WORK = (4, 2)


def version_text(version: tuple[int, ...]) -> str:
    """Such as `5.8.6`."""
    return ".".join(map(str, version))


def describe_host(info: HostInfo) -> str:
    """Such as `podman 5.8.6 · overlay on btrfs · rootless`."""
    parts = [
        f"podman {version_text(info.podman_version)}",
        f"{info.storage_driver} on {info.filesystem}"
        if info.storage_driver != info.filesystem
        else info.storage_driver,
    ]
    if info.rootless:
        parts.append("rootless")
    elif info.criu_version is None:
        parts.append("no CRIU")
    return " · ".join(p for p in parts if p.strip())


def btrfs_notice(info: HostInfo) -> tuple[bool, str] | None:
    """What is known of checkpoints on copy-on-write btrfs, and whether it is a warning."""
    if not info.copy_on_write:
        return None
    start = f"{info.label}: copy-on-write btrfs, "
    if info.rootless or info.criu_version is None:
        return False, start + "which does not matter to kube"
    criu = f"CRIU {version_text(info.criu_version)}"
    if info.criu_version >= _KNOWN_TO_WORK:
        return False, start + f"known to work with {criu}"
    if info.criu_version >= _FIRST_WITH_FIXES:
        return True, start + f"on which {criu} may fail to checkpoint; 4.2 does not"
    return True, start + f"on which {criu} fails to checkpoint; kube works, so does CRIU 4.2"
