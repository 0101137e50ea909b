"""The first process of a host: started in new namespaces and its own cgroup, ended as a whole."""

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

LAUNCH = """\
echo 0 > "$1/cgroup.procs"
shift
exec unshare --mount --pid --uts --ipc --net --cgroup --fork --kill-child \
    --propagation private /bin/sh "$@"
"""


class HostProcess:
    """A running host as seen from the machine."""

    def __init__(self, cgroup: Path, arguments: list[str], log: Path) -> None:
        """Start boot.sh with `arguments`; it waits for `go`."""
        cgroup.mkdir(exist_ok=True)
        self._cgroup = cgroup
        boot = Path(__file__).with_name("boot.sh")
        with log.open("ab") as sink:
            self._outer = subprocess.Popen(
                ["/bin/sh", "-c", LAUNCH, "sh", str(cgroup), str(boot), *arguments],
                stdin=subprocess.PIPE,
                stdout=sink,
                stderr=sink,
                # A Ctrl-C at the lab's terminal is the lab's to handle, not its hosts'.
                start_new_session=True,
            )
        self.pid = self._first_process()
        """The machine's pid of the host's first process."""

    def _first_process(self) -> int:
        children = Path(f"/proc/{self._outer.pid}/task/{self._outer.pid}/children")
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and self.alive:
            with contextlib.suppress(OSError):
                if found := children.read_text().split():
                    return int(found[0])
            time.sleep(0.005)
        message = "the host's first process did not start"
        raise RuntimeError(message)

    @property
    def alive(self) -> bool:
        """Whether the host runs."""
        return self._outer.poll() is None

    def go(self) -> None:
        """Let boot.sh go on: the network is in place."""
        assert self._outer.stdin
        self._outer.stdin.write(b"go\n")
        self._outer.stdin.close()

    def kill(self) -> None:
        """Kill everything in the host at once, as a power cut does, and wait for its end."""
        # First the first process, which `unshare` reaps: not every machine's init would.
        if self.alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        try:
            self._outer.wait(timeout=20)
        finally:
            kill_cgroup(self._cgroup)
        if self._outer.stdin:
            self._outer.stdin.close()


def cgroup_root() -> Path:
    """Return where the machine mounts its cgroup2 (hybrid machines have it aside)."""
    for line in Path("/proc/mounts").read_text().splitlines():
        _, place, kind, *_ = line.split()
        if kind == "cgroup2":
            return Path(place)
    message = "this machine mounts no cgroup2"
    raise RuntimeError(message)


def kill_cgroup(cgroup: Path) -> None:
    """Kill all processes below `cgroup` and remove it with all cgroups inside."""
    if not cgroup.is_dir():
        return
    deadline = time.monotonic() + 20
    while True:
        (cgroup / "cgroup.kill").write_text("1")
        with contextlib.suppress(OSError):
            for path, _, _ in os.walk(cgroup, topdown=False):
                Path(path).rmdir()
        if not cgroup.exists():
            return
        if time.monotonic() > deadline:
            message = f"processes in {cgroup} do not end"
            raise RuntimeError(message)
        time.sleep(0.02)
