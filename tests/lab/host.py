"""One lab host: a Debian with Podman, CRIU and sshd in namespaces of its own."""

import contextlib
import shutil
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.lab import net
from tests.lab.process import HostProcess, cgroup_root, kill_cgroup
from tests.lab.rootfs import furnish
from tests.lab.spec import HostSpec
from tests.lab.sshclient import SshClient
from tests.lab.trees import ensure_tree

ENTER = ("nsenter", "--all", "--root", "--wd", "--target")

ON_CONSOLE = 'echo 0 > /sys/fs/cgroup/init/cgroup.procs && exec "$@"'


def backing_files() -> set[str]:
    """Return the files that loop devices of this machine stand on."""
    found = set()
    for path in Path("/sys/block").glob("loop*/loop/backing_file"):
        with contextlib.suppress(OSError):
            found.add(path.read_text().strip())
    return found


def tail(path: Path, lines: int = 40) -> str:
    """The last lines of a file; why not, where it cannot be read."""
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
    except OSError as error:
        return str(error)


class LabHost:
    """A host that can be reached, cut off, crashed and started again."""

    def __init__(
        self, spec: HostSpec, directory: Path, *, ip: str, bridge: str, ssh: SshClient
    ) -> None:
        """Prepare the host's files; `start` runs it."""
        self.spec = spec
        self.name = spec.name
        self.ip = ip
        self._ssh = ssh
        self._dir = directory
        self._bridge = bridge
        number = ip.rsplit(".", 1)[1]
        self._link = f"{bridge}-{number}"
        self._cgroup = cgroup_root() / self._link
        self._process: HostProcess | None = None
        self._prepare()

    @property
    def alive(self) -> bool:
        """Whether the host runs."""
        return self._process is not None and self._process.alive

    def _prepare(self) -> None:
        for name in ("upper", "work", "root", "home"):
            (self._dir / name).mkdir(parents=True)
        self._ssh.add(self.name, self.ip)
        furnish(
            self._dir / "upper",
            self._dir / "home",
            self.spec,
            address=self.ip,
            gateway=self.ip.rsplit(".", 1)[0] + ".1",
            keys=self._dir.parent.parent,
        )
        self._format()

    def _format(self) -> None:
        disk = self._dir / "disk.img"
        disk.unlink(missing_ok=True)
        subprocess.run(["truncate", "-s", self.spec.size, str(disk)], check=True)
        make = [f"mkfs.{self.spec.filesystem}", "-q", str(disk)]
        subprocess.run(make, check=True, capture_output=True)

    @property
    def address(self) -> str:
        """The address as Podferry takes it, by number rather than alias."""
        return f"ssh://root@{self.ip}"

    @property
    def pid(self) -> int:
        """The machine's pid of the host's first process."""
        assert self._process
        return self._process.pid

    def start(self) -> None:
        """Boot, and wait until ssh answers; the storage is as the last run left it."""
        tree = ensure_tree(self.spec.tree)
        self._process = HostProcess(
            self._cgroup,
            [str(self._dir), str(tree), self.spec.filesystem],
            self._dir / "console.log",
        )
        net.plug(self._link, self._bridge, self._process.pid, self.ip)
        self._process.go()
        self._wait_until_ready(self._process)

    def _wait_until_ready(self, process: HostProcess) -> None:
        want = "test -S /run/podman/podman.sock" if self.spec.service else "true"
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and process.alive:
            if self.ssh(want, check=False).returncode == 0:
                return
            time.sleep(0.05)
        log = (self._dir / "console.log").read_text()
        self.stop()
        message = f"lab host {self.name} did not come up: {log}"
        raise RuntimeError(message)

    def ssh(
        self,
        command: str | list[str],
        *,
        user: str = "root",
        data: bytes | None = None,
        timeout_seconds: float = 120,
        check: bool = True,
    ) -> subprocess.CompletedProcess[str]:
        """Run an argv or a script over ssh; with `check` a failure raises."""
        return self._ssh.run(
            f"{user}@{self.name}",
            command,
            data=data,
            timeout_seconds=timeout_seconds,
            check=check,
        )

    def console(self, command: str | list[str], *, check: bool = True) -> str:
        """Run a command on the host without its network, as from a screen beside it."""
        words = ["sh", "-c", command] if isinstance(command, str) else command
        done = subprocess.run(
            [*ENTER, str(self.pid), "sh", "-c", ON_CONSOLE, "sh", *words],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if check and done.returncode:
            message = f"{self.name}: {command!r} exited {done.returncode}: {done.stderr}"
            raise RuntimeError(message)
        return done.stdout

    def tail(self, path: str) -> str:
        """The last lines of a file that the host has written, also if it is down or cut off."""
        return tail(self._dir / "upper" / path)

    def cut_network(self) -> None:
        """Take the host off the network; what runs on it goes on running."""
        self._ssh.hang_up(self.name)
        net.set_link(self._link, up=False)

    def heal_network(self) -> None:
        """Put the host back on the network."""
        net.set_link(self._link, up=True)

    def crash(self) -> None:
        """End everything on the host at once; `start` boots it again with the same storage.

        The machine's page cache survives, so unlike after a power cut, writes that were
        never synced are there again.
        """
        self._ssh.hang_up(self.name)
        if self._process:
            self._process.kill()
            self._process = None
            self._wait_until_unmounted()
        net.drop_link(self._link)

    def _wait_until_unmounted(self) -> None:
        """Wait for the loop device to go, as two mounts of one image would ruin it."""
        disk = str(self._dir / "disk.img")
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if disk not in backing_files():
                return
            time.sleep(0.01)
        message = f"{disk} is still mounted"
        raise RuntimeError(message)

    def restart(self) -> None:
        """Crash and boot."""
        self.crash()
        self.start()

    def reset(self) -> None:
        """Boot with an empty storage."""
        self.crash()
        self._format()
        self.start()

    def stop(self) -> None:
        """End the host; its directory goes too."""
        self.crash()
        kill_cgroup(self._cgroup)
        shutil.rmtree(self._dir, ignore_errors=True)

    def __enter__(self) -> Self:
        """Start the host."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the host."""
        self.stop()
