"""Estates to move: a few containers to look at, or as many as the story's."""

import shlex

from tests.lab.host import LabHost
from tests.lab.images import COUNTER

ROLES = ("web", "db", "api", "cache", "queue", "mail", "shop", "wiki", "auth", "search")
PARTS = ("app", "worker", "store", "proxy", "metrics")
"""The five containers of a pod, each with a port of its own from 8088 on."""

AT_ONCE = 4
"""How many podman processes make containers at the same time."""


def make_estate(host: LabHost, *, pods: int = 30, singles: int = 30) -> None:
    """Make `pods` pods of five containers and `singles` single containers, all running."""
    jobs = [_pod(number) for number in range(pods)]
    jobs += [_single(number) for number in range(singles)]
    script = f"xargs -0 -n 1 -P {AT_ONCE} sh -ec"
    host.ssh(script, data="\0".join(jobs).encode(), timeout_seconds=600)


def _name(number: int) -> str:
    return f"{ROLES[number % len(ROLES)]}-{number // len(ROLES) + 1:02}"


def _labels(number: int) -> str:
    tier = "front" if number % 3 == 0 else "back"
    return f"--label tier={tier} --label owner=team-{number % 4}"


def _pod(number: int) -> str:
    name = f"{_name(number)}-pod"
    port = f"-p {8100 + number}:8088" if number % 2 == 0 else ""
    lines = [f"podman pod create --name {name} {_labels(number)} {port} >/dev/null"]
    lines += [
        f"podman run -dq --pod {name} --name {name}-{part} -e PORT={8088 + place}"
        f" --label part={part} {COUNTER} >/dev/null"
        for place, part in enumerate(PARTS)
    ]
    return "\n".join(lines)


def _single(number: int) -> str:
    port = f"-p {8200 + number}:8088" if number % 3 == 0 else ""
    memory = "-e MEMORY_MIB=8" if number % 5 == 0 else ""
    options = f"--name {_name(number)} {_labels(number)} {port} {memory}"
    return f"podman run -dq {options} {COUNTER} >/dev/null"


def make_demo(host: LabHost) -> None:
    """Make a handful of containers that differ in what a move has to carry.

    None has a memory limit: on hybrid cgroups a host has no memory controller.
    """
    runs = [
        ["--name", "web", "-p", "8080:8088", "--label", "tier=front"],
        ["--name", "db", "-v", "db-data:/data", "-e", "MEMORY_MIB=64"],
        ["--name", "api", "--network", "backend", "--restart", "always"],
        ["--name", "cache", "-e", "MEMORY_MIB=128"],
    ]
    script = "podman network create backend >/dev/null\n"
    script += "\n".join(shlex.join(["podman", "run", "-dq", *run, COUNTER]) for run in runs)
    script += "\npodman exec db sh -c 'echo precious > /data/rows'\n"
    host.ssh(f"set -e\n{script}")
    make_estate(host, pods=2, singles=0)
