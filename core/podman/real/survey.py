"""What a host is: the answers of the connect script, parsed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import HostUnfit
from core.podman.model import HostInfo, Runtime
from core.podman.real.criu import read_options
from core.podman.version import dotted, version_tuple

OLDEST_PODMAN = (4, 3)
"""Older ones lack `kube generate` in its present form and fields that Podferry reads."""
_PLAIN_OPTIONS = {"mountopt", "imagestore", "size"}
"""Options of an overlay store that leave its layers what the kernel can mount."""
_NEEDED_TOOLS = ("tar", "sha256sum", "tee", "mktemp", "mkfifo")


@dataclass(frozen=True, slots=True)
class Survey:
    """How to work with a host, beside what it is."""

    info: HostInfo
    sudo: bool
    """Commands go through `sudo -n`, because the login is not root."""
    timeout: bool
    """The host has timeout(1)."""
    run_root: str
    """Where Podman keeps what of its store need not survive a reboot."""
    plain_overlay: bool
    """The kernel mounts containers from folders: no program does, and nothing of composefs."""


@dataclass(frozen=True, slots=True)
class Login:
    """Who Podferry is on a host."""

    sudo: bool
    """Not root, but may become it without a password."""
    socket: str
    """Where the API service of this user's Podman usually listens."""


def read_login(output: str) -> Login:
    """Parse the login script's output: user ID, whether sudo works, runtime folder."""
    uid, sudo, folder = (*output.split("\n"), "", "", "")[:3]
    if uid == "0" or sudo == "yes":
        return Login(sudo=uid != "0", socket="/run/podman/podman.sock")
    return Login(sudo=False, socket=f"{folder or f'/run/user/{uid}'}/podman/podman.sock")


def sections(output: str) -> Mapping[str, str]:
    """Split the output of a script at its @@name lines."""
    parts = re.split(r"(?m)^@@(\w+)\n", output)
    return dict(zip(parts[1::2], (p.strip() for p in parts[2::2]), strict=True))


def read_survey(label: str, output: str) -> Survey:
    """Parse the connect script's output. Raises HostUnfit when the host cannot be worked with."""
    found = sections(output)
    if "tools" not in found:
        raise HostUnfit(
            "the host did not answer as a POSIX shell does",
            host=label,
            detail=output[-500:],
            todo="Check the login shell of that user.",
        )
    tools = {path.rsplit("/", 1)[-1] for path in found["tools"].split()}
    if "podman" not in tools:
        raise HostUnfit("Podman is not installed", host=label, todo="Install podman there.")
    missing = [tool for tool in _NEEDED_TOOLS if tool not in tools]
    if missing:
        raise HostUnfit(f"{', '.join(missing)} not found", host=label, todo="Install it there.")
    try:
        info = json.loads(found["info"])
    except (KeyError, ValueError):
        info = None
    if not isinstance(info, dict):
        raise HostUnfit(
            "Podman does not answer",
            host=label,
            todo="Run `podman info` there and mend what it says.",
        )
    root = found.get("uid") == "0"
    sudo = not root and found.get("sudo") == "yes"
    version = version_tuple(str(_at(info, "version", "Version") or ""))
    if version < OLDEST_PODMAN:
        raise HostUnfit(
            f"Podman {dotted(version)} is too old",
            host=label,
            todo=f"Podferry works with {dotted(OLDEST_PODMAN)} and newer.",
        )
    rootless = bool(_at(info, "host", "security", "rootless"))
    runtime, criu = str(_at(info, "host", "ociRuntime", "name") or ""), _criu(found.get("criu", ""))
    return Survey(
        info=HostInfo(
            label=label,
            podman_version=version,
            rootless=rootless,
            storage_driver=str(_at(info, "store", "graphDriverName") or ""),
            graph_root=str(_at(info, "store", "graphRoot") or ""),
            filesystem="",
            runtime=runtime,
            criu_version=criu,
            architecture=str(_at(info, "host", "arch") or ""),
            kernel=str(_at(info, "host", "kernel") or ""),
            os=_distribution(info),
            network_backend=str(_at(info, "host", "networkBackend") or ""),
            hostname=str(_at(info, "host", "hostname") or ""),
            machine_id="/".join(found.get("machine", "").split()),
            runtimes=tuple(_runtimes(found.get("runtimes", ""))),
            tools=frozenset(tools),
            cpu_flags=frozenset(found.get("cpu", "").partition(":")[2].split()),
            criu_trouble=found.get("criu_trouble", ""),
            criu_features=frozenset(found.get("criu_features", "").split()),
            criu_options=read_options(found, runtime, criu),
            libcriu=bool(found["libcriu"]) if "libcriu" in found else None,
            cgroup_version=1 if _at(info, "host", "cgroupVersion") == "v1" else 2,
            cgroup_manager=str(_at(info, "host", "cgroupManager") or ""),
            lsm=frozenset(
                name
                for name in ("apparmor", "selinux")
                if _at(info, "host", "security", f"{name}Enabled")
            ),
        ),
        sudo=sudo,
        timeout="timeout" in tools,
        run_root=str(_at(info, "store", "runRoot") or ""),
        plain_overlay=not rootless
        and _at(info, "store", "graphDriverName") == "overlay"
        and {key.rpartition(".")[2] for key in _at(info, "store", "graphOptions") or ()}
        <= _PLAIN_OPTIONS,
    )


def _distribution(info: Mapping[str, Any]) -> str:
    """Such as `debian 13`; a release that is not out yet has a name, and no number."""
    told = {
        key: str(_at(info, "host", "distribution", key) or "")
        for key in ("distribution", "version", "codename")
    }
    numbered = told["version"] not in ("", "unknown")
    return f"{told['distribution']} {told['version' if numbered else 'codename']}".strip()


def _criu(text: str) -> tuple[int, ...] | None:
    match = re.search(r"Version: (\d+(?:\.\d+)*)", text)
    return version_tuple(match[1]) if match else None


def _runtimes(text: str) -> Iterator[Runtime]:
    """What `crun --version` and `runc --version` say; only crun tells what it was built with."""
    for part in re.split(r"(?m)^(?=(?:crun|runc) version )", text):
        if match := re.match(r"(crun|runc) version (\d\S*)", part):
            checkpoints = match[1] == "runc" or "+CRIU" in part
            yield Runtime(match[1], version_tuple(match[2]), checkpoints)


def _at(data: Any, *path: str) -> Any:
    for key in path:
        data = data.get(key) if isinstance(data, Mapping) else None
    return data
