"""The two hosts of a benchmark, what runs on them, and the ssh that the script uses."""

import contextlib
import os
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.lab.host import LabHost
from tests.lab.images import COUNTER, load_counter
from tests.lab.lab import Lab
from tests.lab.spec import HostSpec

MASTERS = """\
Host *
    ControlMaster auto
    ControlPath {dir}/bench-%n
    ControlPersist 600
    BatchMode yes
    LogLevel ERROR

"""

SWEEP = """\
podman pod rm -fa -t0 >/dev/null
podman rm -fa -t0 >/dev/null
rm -f /var/tmp/*.tar.zst
sync -f /var/lib/containers/storage
"""
"""Equal starts also want the last run's writes done."""

READY_S = 60


@dataclass(frozen=True)
class Pair:
    """Hosts `old` and `new`, an ssh_config as Podferry finds it, and one with kept connections."""

    lab: Lab
    old: LabHost
    new: LabHost
    mux_config: Path
    state: Path

    @property
    def env(self) -> dict[str, str]:
        """Podferry's environment, with its journals in the lab's folder, on the same disk."""
        # Watching an item is no part of what is measured.
        return {**self.lab.env, "XDG_STATE_HOME": str(self.state), "PODFERRY_DWELL": "0"}

    def open_masters(self) -> None:
        """Make the script's connections, or find them made."""
        for host in (self.old, self.new):
            base = ["ssh", "-F", str(self.mux_config)]
            if not _silently([*base, "-O", "check", host.name]):
                _silently([*base, "-fN", host.name], must=True)

    def close_masters(self) -> None:
        """End the script's connections."""
        for host in (self.old, self.new):
            _silently(["ssh", "-F", str(self.mux_config), "-O", "exit", host.name])

    def sweep(self) -> None:
        """Leave nothing on either host but the image."""
        with ThreadPoolExecutor() as pool:
            list(pool.map(_sweep, (self.old, self.new)))

    def run_counter(self, name: str, port: int, *, memory_mib: int = 0) -> None:
        """Run a single counter on old, published, and wait until it answers."""
        self.old.ssh(
            f"podman run -dq --name {name} -p {port}:8088 -e MEMORY_MIB={memory_mib} {COUNTER}"
        )

    def run_pod(self, name: str, port: int, containers: int) -> None:
        """Run a pod of counters on old, the first of them published."""
        lines = [f"podman pod create --name {name} -p {port}:8088"]
        lines += [
            f"podman run -dq --pod {name} --name {name}-{place} -e PORT={8088 + place} {COUNTER}"
            for place in range(containers)
        ]
        self.old.ssh("set -e\n" + "\n".join(lines))

    def settle(self) -> None:
        """Have what was written so far on disk, so that it burdens no measurement."""
        self.old.ssh("sync -f /var/lib/containers/storage")


def _silently(argv: list[str], *, must: bool = False) -> bool:
    done = subprocess.run(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=must,
    )
    return done.returncode == 0


def _sweep(host: LabHost) -> None:
    try:
        host.ssh(["timeout", "-k", "5", "90", "sh", "-ec", SWEEP])
    except RuntimeError:
        host.reset()
        load_counter(host)


def count(host: LabHost, port: int) -> int:
    """Ask a counter on a lab's host once; it counts on. Waits for one that starts."""
    deadline = time.monotonic() + READY_S
    while True:
        try:
            with urllib.request.urlopen(f"http://{host.ip}:{port}/", timeout=2) as answer:
                return int(answer.read().decode().removeprefix("counter: "))
        except (OSError, ValueError):
            if time.monotonic() > deadline:
                raise
        time.sleep(0.1)


@contextlib.contextmanager
def start_pair() -> Iterator[Pair]:
    """Start a lab of its own: forky, overlay on btrfs, the counter image on both hosts."""
    with Lab() as lab:
        old, new = lab.start(HostSpec("old"), HostSpec("new"))
        images = {load_counter(old), load_counter(new)}
        assert len(images) == 1
        mux_config = lab.directory / "bench_ssh_config"
        mux_config.write_text(MASTERS.format(dir=lab.directory) + lab.ssh_config.read_text())
        state = lab.directory / "bench-state"
        state.mkdir()
        pair = Pair(lab, old, new, mux_config, state)
        pair.open_masters()
        try:
            yield pair
        finally:
            pair.close_masters()


def load_average() -> float:
    """Return the machine's load over the last minute."""
    return round(os.getloadavg()[0], 2)
