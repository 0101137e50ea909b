"""Base trees: one minimal Debian per release, built once and cached outside the repo."""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

RECIPE = 1
"""Raise this when the finishing touches below change, so that cached trees are rebuilt."""

COMMON_PACKAGES = [
    "aardvark-dns",
    "btrfs-progs",
    "busybox-static",
    "ca-certificates",
    "catatonit",
    "conmon",
    "criu",
    "crun",
    "curl",
    "e2fsprogs",
    "golang-github-containers-common",
    "iproute2",
    "iptables",
    "netavark",
    "nftables",
    "openssh-server",
    "passt",
    "podman",
    "procps",
    "runc",
    "sudo",
    "tar",
    "uidmap",
    "xfsprogs",
    "zstd",
]

RELEASE_PACKAGES = {
    "forky": ["checkpointctl", "libcriu2"],
    "trixie": ["libcriu2"],
    # It has no package of CRIU's library, and its Podman 4.3 knows no pasta.
    "bookworm": ["slirp4netns"],
}

FINISH = r"""
set -eu
rm -f /etc/ssh/ssh_host_* /etc/resolv.conf
useradd -u 1000 -M -d /home/op -s /bin/bash op
useradd -u 1001 -M -d /home/plain -s /bin/bash plain
usermod -p '*' op
usermod -p '*' plain
printf 'op ALL=(ALL) NOPASSWD: ALL\n' > /etc/sudoers.d/op
chmod 0440 /etc/sudoers.d/op
for file in /etc/subuid /etc/subgid; do
    printf 'op:100000:65536\nplain:165536:65536\n' > "$file"
done
rm -rf /var/cache/apt/archives/*.deb /var/lib/apt/lists/*
"""
"""Runs inside the new tree. A password of `*` keeps key logins open where PAM is not asked."""


@dataclass(frozen=True)
class Tree:
    """What a base tree consists of."""

    release: str = "forky"
    without: frozenset[str] = frozenset()
    """Packages left out, to show what a host lacks them for (iptables on trixie)."""

    @property
    def packages(self) -> list[str]:
        """The packages asked of debootstrap, sorted."""
        wanted = {*COMMON_PACKAGES, *RELEASE_PACKAGES.get(self.release, [])}
        return sorted(wanted - self.without)

    @property
    def key(self) -> str:
        """The cache key: the release and a hash of what goes in."""
        recipe = "\n".join([str(RECIPE), FINISH, *self.packages])
        return f"{self.release}-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"


def cache_dir() -> Path:
    """Where trees and built images are kept between runs."""
    return Path(os.environ.get("PODFERRY_LAB_CACHE", "/var/cache/podferry-lab"))


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on `path` against other threads and processes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def ensure_tree(tree: Tree) -> Path:
    """Return the directory of `tree`, building it first where it is not cached."""
    target = cache_dir() / "trees" / tree.key
    if target.is_dir():
        return target
    with locked(target.with_suffix(".lock")):
        if not target.is_dir():
            _build(tree, target)
    return target


def _build(tree: Tree, target: Path) -> None:
    draft = target.with_suffix(".draft")
    log = target.with_suffix(".log")
    shutil.rmtree(draft, ignore_errors=True)
    script = tree.release if _knows(tree.release) else "sid"
    with log.open("wb") as sink:
        for command in (
            [
                "debootstrap",
                "--variant=minbase",
                f"--include={','.join(tree.packages)}",
                tree.release,
                str(draft),
                machine_mirror(),
                script,
            ],
            ["chroot", str(draft), "/bin/sh", "-c", FINISH],
        ):
            done = subprocess.run(command, stdout=sink, stderr=sink, check=False)
            if done.returncode:
                message = f"{command[0]} of {tree.release} failed, see {log}"
                raise RuntimeError(message)
    draft.rename(target)


def _knows(release: str) -> bool:
    return Path("/usr/share/debootstrap/scripts", release).exists()


def machine_mirror() -> str:
    """Return the Debian mirror that this machine's own apt sources name."""
    apt = Path("/etc/apt")
    files = [apt / "sources.list", *sorted((apt / "sources.list.d").glob("*"))]
    texts = [path.read_text() for path in files if path.is_file()]
    for text in texts:
        lines = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
        found = re.search(
            r"(?:^URIs:|^deb(?: \[.*?\])?)\s+(\S+/debian)/?(?:\s|$)", lines, re.MULTILINE
        )
        if found:
            return found[1]
    message = "no Debian mirror in the apt sources of this machine"
    raise RuntimeError(message)
