"""A host in few words: for a pane's title and for the banner."""

from __future__ import annotations

from core.checks.btrfs import FIRST_WITH_FIXES, KNOWN_TO_WORK
from core.podman.model import HostInfo
from tui.screens.estate.keys import key


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


def checkpoints_on_btrfs(info: HostInfo) -> bool:
    """Whether there are checkpoints for which copy-on-write btrfs matters."""
    return info.copy_on_write and not info.rootless and info.criu_version is not None


def btrfs_notice(info: HostInfo) -> tuple[bool, str] | None:
    """What is known of checkpoints on copy-on-write btrfs, and whether it is a warning.

    The host's name goes in front of it.
    """
    if not info.copy_on_write:
        return None
    if info.rootless or info.criu_version is None:
        return False, "copy-on-write btrfs, which does not matter to kube"
    # The key stands in front: at the end of the line there may be no room.
    start = f"copy-on-write btrfs ({key('btrfs')}), "
    criu = f"CRIU {version_text(info.criu_version)}"
    if info.criu_version >= KNOWN_TO_WORK:
        return False, start + f"known to work with {criu}"
    if info.criu_version >= FIRST_WITH_FIXES:
        return True, start + f"on which {criu} may fail to checkpoint; 4.2 does not"
    return True, start + f"on which {criu} is likely to fail; kube works, so does CRIU 4.2"
