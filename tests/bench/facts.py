"""On what it was measured."""

import os
import platform
import subprocess
import time
from importlib import metadata
from pathlib import Path
from typing import Any

from tests.bench.pair import Pair

VERSIONS = """\
podman version --format '{{.Client.Version}}'
criu --version | head -n 1
crun --version | head -n 1
podman info --format '{{.Store.GraphDriverName}}'
stat -f -c %T /var/lib/containers
"""


def machine_facts() -> dict[str, Any]:
    """Cores, load and versions of this machine."""
    memory_kib = next(
        int(line.split()[1])
        for line in Path("/proc/meminfo").read_text().splitlines()
        if line.startswith("MemTotal")
    )
    return {
        "at": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "cores": os.cpu_count(),
        "memory_mib": memory_kib // 1024,
        "load_before": [round(load, 2) for load in os.getloadavg()],
        "kernel": platform.release(),
        "python": platform.python_version(),
        "podferry": metadata.version("podferry"),
        "textual": metadata.version("textual"),
        "ssh": _first_line(["ssh", "-V"]),
        "commit": _first_line(["git", "describe", "--always", "--dirty"]),
    }


def host_facts(pair: Pair) -> dict[str, str]:
    """What runs on the hosts; both are alike."""
    words = ("podman", "criu", "crun", "driver", "filesystem")
    return dict(zip(words, pair.old.ssh(VERSIONS).stdout.splitlines(), strict=True))


def _first_line(argv: list[str]) -> str:
    done = subprocess.run(
        argv,
        cwd=Path(__file__).parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return "unknown" if done.returncode else done.stdout.strip().partition("\n")[0]
