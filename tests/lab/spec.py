"""What a lab host is asked to be."""

from dataclasses import dataclass
from typing import Literal

from tests.lab.trees import Tree


@dataclass(frozen=True)
class HostSpec:
    """One host's release, storage and settings."""

    name: str
    """Its alias in the lab's ssh_config and its host name."""
    release: str = "forky"
    without: frozenset[str] = frozenset()
    """Packages that the base tree lacks."""
    filesystem: Literal["btrfs", "xfs", "ext4"] = "btrfs"
    size: str = "20G"
    """Size of the sparse image under /var/lib/containers, as truncate(1) takes it.

    btrfs needs 110 MiB, xfs 300 MiB."""
    driver: Literal["overlay", "btrfs"] = "overlay"
    runtime: Literal["crun", "runc"] = "crun"
    subnet: str | None = None
    """Subnet of Podman's default network; None leaves Podman's own choice (10.88.0.0/16)."""
    service: bool = True
    """Whether `podman system service` listens on /run/podman/podman.sock."""

    @property
    def tree(self) -> Tree:
        """The base tree that the host is an overlay of."""
        return Tree(self.release, self.without)
