"""Installing a program with the package manager that a host has."""

from __future__ import annotations

from collections.abc import Mapping

from core.checks.model import Fix, On, Run
from core.podman.model import HostInfo

_INSTALL: Mapping[str, tuple[str, ...]] = {
    "apt-get": ("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "--"),
    "dnf": ("dnf", "install", "-y", "--"),
    "zypper": ("zypper", "--non-interactive", "install", "--"),
    "pacman": ("pacman", "-S", "--noconfirm", "--needed", "--"),
    "apk": ("apk", "add", "--"),
}
_LIBCRIU = {"apt-get": "libcriu2", "dnf": "criu-libs", "zypper": "libcriu2"}
"""Where the library that crun loads is a package of its own."""


def install(host: HostInfo, on: On, program: str) -> Fix | None:
    """The fix that installs a package of that name; None without a package manager we know."""
    manager = next((name for name in _INSTALL if name in host.tools), None)
    if manager is None:
        return None
    packages = [program]
    if program == "criu" and manager in _LIBCRIU:
        packages.append(_LIBCRIU[manager])
    return Fix(
        f"install {' and '.join(packages)} on {host.label}",
        (Run(on, (*_INSTALL[manager], *packages)),),
        limits=(
            f"It takes what {manager}'s package lists name now, and needs the way to its mirror.",
            f"Removing it again is up to you: nothing else on {host.label} is changed.",
        ),
    )
