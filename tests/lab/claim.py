"""Which labs exist on this machine: one locked file per subnet, held while its lab lives."""

import fcntl
import json
import os
import shutil
from pathlib import Path
from typing import IO

from tests.lab import net
from tests.lab.process import cgroup_root, kill_cgroup

REGISTRY = Path("/run/podferry-lab")
"""Files named by the third number of the subnet. Who holds the lock on one owns that subnet."""


class Claim:
    """A subnet of one's own, 10.201.N.0/24, and a directory to go with it."""

    def __init__(self, directory: Path | None = None) -> None:
        """Take a free subnet; what a dead lab left on it is cleared away first."""
        REGISTRY.mkdir(exist_ok=True)
        self.number, self._handle = _take()
        self.directory = directory or Path("/var/tmp", f"podferry-lab-{self.number}")
        if self.directory.exists() and any(self.directory.iterdir()):
            self._handle.close()
            message = f"{self.directory} is not empty: another lab may live there"
            raise FileExistsError(message)
        for path in (self.directory, self.sockets):
            path.mkdir(parents=True, exist_ok=True)
        self.directory.chmod(0o755)
        _write(self._handle, {"directory": str(self.directory), "pid": os.getpid()})

    @property
    def bridge(self) -> str:
        """The name of the lab's bridge; hosts' links and cgroups start with it."""
        return bridge_name(self.number)

    @property
    def sockets(self) -> Path:
        """A directory with a short name, for sockets."""
        return sockets_of(self.number)

    def ip(self, last: int) -> str:
        """Return an address in the subnet; 1 is the bridge's own."""
        return f"10.201.{self.number}.{last}"

    def release(self) -> None:
        """Remove what is left of the lab and give the subnet back."""
        if self._handle.closed:
            return
        _clear(self.number, self.directory)
        _write(self._handle, {})
        self._handle.close()


def bridge_name(number: int) -> str:
    """Return the bridge of subnet `number`; with a host's number behind, it fits 15 characters."""
    return f"pflab{number}"


def sockets_of(number: int) -> Path:
    """Return where the lab on subnet `number` keeps its sockets."""
    return REGISTRY / f"sockets-{number}"


def clear_dead_labs() -> None:
    """Clear away every lab whose owner has ended without doing so."""
    for path in REGISTRY.glob("[0-9]*"):
        if handle := _lock(int(path.name)):
            handle.close()


def _take() -> tuple[int, IO[str]]:
    for number in range(1, 255):
        if handle := _lock(number):
            return number, handle
    message = "all lab subnets are taken"
    raise RuntimeError(message)


def _lock(number: int) -> IO[str] | None:
    handle = (REGISTRY / str(number)).open("a+")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.close()
        return None
    handle.seek(0)
    if directory := json.loads(handle.read() or "{}").get("directory"):
        _clear(number, Path(directory))
        _write(handle, {})
    return handle


def _write(handle: IO[str], content: dict[str, str | int]) -> None:
    handle.seek(0)
    handle.truncate()
    json.dump(content, handle)
    handle.flush()


def _clear(number: int, directory: Path) -> None:
    name = bridge_name(number)
    for cgroup in cgroup_root().glob(f"{name}-*"):
        kill_cgroup(cgroup)
    for link in Path("/sys/class/net").glob(f"{name}-*"):
        net.drop_link(link.name)
    net.drop_link(name)
    for path in (directory, sockets_of(number)):
        shutil.rmtree(path, ignore_errors=True)
