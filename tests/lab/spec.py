"""What a lab host is asked to be.

What the releases can do, on a machine with kernel 6.18 and no CAP_SYS_RESOURCE:

- forky (Podman 5.8, CRIU 4.2): everything.
- trixie (Podman 5.4, CRIU 4.1): checkpoints what has no TCP socket. A socket fails to dump with
  `sockets: Can't get 1:16 opt: Operation not supported`, as kernels since 6.16 refuse SO_PASSCRED
  on TCP and CRIU before 4.2 insists on it. Without iptables, any dump fails earlier, with
  `execvp("iptables-restore", ...) failed`.
- bookworm (Podman 4.3, CRIU 3.17): no checkpoints (`vdso: Unexpected rt vDSO area bounds`), and
  its crun starts no container, since it must raise RLIMIT_MEMLOCK; its runc does.
"""

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
    runtime: Literal["crun", "runc"] | None = None
    """None means crun, except for bookworm."""
    subnet: str | None = None
    """Subnet of Podman's default network; None leaves Podman's own choice (10.88.0.0/16)."""
    service: bool = True
    """Whether `podman system service` listens on /run/podman/podman.sock."""

    @property
    def oci_runtime(self) -> str:
        """The runtime that containers.conf names."""
        return self.runtime or ("runc" if self.release == "bookworm" else "crun")

    @property
    def tree(self) -> Tree:
        """The base tree that the host is an overlay of."""
        return Tree(self.release, self.without)
