"""A lab: a bridge, a key pair, an ssh_config, and the hosts on it."""

import atexit
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.lab import net
from tests.lab.claim import Claim, clear_dead_labs
from tests.lab.host import LabHost
from tests.lab.spec import HostSpec
from tests.lab.sshclient import SshClient


class Lab:
    """Hosts that reach each other, on a subnet that no other lab shares."""

    def __init__(self, directory: Path | None = None, *, ssh_options: Sequence[str] = ()) -> None:
        """Make the lab's network and files; None chooses a directory on disk.

        `ssh_options` are more lines of its ssh_config.
        """
        clear_dead_labs()
        self._claim = Claim(directory)
        atexit.register(self.close)
        self.directory = self._claim.directory
        self.hosts: dict[str, LabHost] = {}
        self._lock = threading.Lock()
        self._last = 1
        try:
            self.ssh = SshClient(self.directory, self._claim.sockets, ssh_options)
            net.make_bridge(self._claim.bridge, self._claim.ip(1))
        except BaseException:
            self.close()
            raise

    @property
    def ssh_config(self) -> Path:
        """The file that Podferry is told of with PODFERRY_SSH_CONFIG."""
        return self.ssh.config

    @property
    def env(self) -> dict[str, str]:
        """The whole environment for a `podferry` that is to find the hosts by name."""
        return self.ssh.env

    def start(self, *specs: HostSpec) -> list[LabHost]:
        """Start hosts at the same time; their trees are built first where they are missing."""
        hosts = [self._add(spec) for spec in specs]
        with ThreadPoolExecutor(max_workers=max(len(hosts), 1)) as pool:
            list(pool.map(LabHost.start, hosts))
        return hosts

    def _add(self, spec: HostSpec) -> LabHost:
        with self._lock:
            if spec.name in self.hosts:
                message = f"the lab has a host named {spec.name}"
                raise ValueError(message)
            self._last += 1
            host = LabHost(
                spec,
                self.directory / "hosts" / spec.name,
                ip=self._claim.ip(self._last),
                bridge=self._claim.bridge,
                ssh=self.ssh,
            )
            self.hosts[spec.name] = host
            return host

    def remove(self, host: LabHost) -> None:
        """Stop one host and forget it, so that its name is free again."""
        host.stop()
        with self._lock:
            self.hosts.pop(host.name, None)
            self.ssh.forget(host.name)

    def close(self) -> None:
        """Stop all hosts and remove every trace of the lab; safe to repeat."""
        atexit.unregister(self.close)
        try:
            for host in list(self.hosts.values()):
                host.stop()
            self.hosts.clear()
        finally:
            self._claim.release()

    def __enter__(self) -> Self:
        """Return the lab itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the lab."""
        self.close()
