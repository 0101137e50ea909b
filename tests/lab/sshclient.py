"""The lab's own ssh: keys, ssh_config, and commands over one kept connection per host."""

import os
import shlex
import subprocess
import threading
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

CONFIG_HEAD = """\
Host *
    IdentityFile {dir}/id_ed25519
    IdentitiesOnly yes
    UserKnownHostsFile {dir}/known_hosts
    GlobalKnownHostsFile /dev/null
    StrictHostKeyChecking yes
    User root
"""


def make_key(path: Path) -> str:
    """Make an ed25519 key pair and return its public half."""
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", str(path)], check=True
    )
    return path.with_suffix(path.suffix + ".pub").read_text().strip()


class SshClient:
    """Runs commands on the hosts of one lab."""

    def __init__(self, directory: Path, sockets: Path, options: Sequence[str] = ()) -> None:
        """Write the key pair and the empty ssh_config into `directory`.

        `sockets` is for the kept connections: a socket's path must be short. `options` are
        more lines of the ssh_config, for all hosts.
        """
        self._options = "".join(f"    {option}\n" for option in options)
        self._dir = directory
        self._sockets = sockets
        self.config = directory / "ssh_config"
        make_key(directory / "id_ed25519")
        self._known: dict[str, tuple[str, str]] = {}
        self._opening: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._write()

    def forget(self, alias: str) -> None:
        """Take a host out of ssh_config and known_hosts, and drop its key."""
        self._known.pop(alias, None)
        for name in (f"{alias}.ssh_host_ed25519_key", f"{alias}.ssh_host_ed25519_key.pub"):
            (self._dir / name).unlink(missing_ok=True)
        self._write()

    def add(self, alias: str, address: str) -> None:
        """Make a host key for a new host and tell ssh_config and known_hosts of it."""
        public = make_key(self._dir / f"{alias}.ssh_host_ed25519_key")
        self._known[alias] = (address, " ".join(public.split()[:2]))
        self._write()

    def _write(self) -> None:
        hosts = [f"Host {name}\n    HostName {at}\n" for name, (at, _) in self._known.items()]
        keys = [f"{name},{at} {key}\n" for name, (at, key) in self._known.items()]
        head = CONFIG_HEAD.format(dir=self._dir) + self._options
        # Replaced in one step: another ssh may be reading them.
        for path, text in (
            (self.config, "\n".join([*hosts, head])),
            (self._dir / "known_hosts", "".join(keys)),
        ):
            draft = path.with_suffix(".draft")
            draft.write_text(text)
            draft.replace(path)

    def _base(self, destination: str) -> list[str]:
        control = {
            "BatchMode": "yes",
            "ConnectTimeout": "3",
            "ControlMaster": "auto",
            "ControlPersist": "600",
            "ControlPath": f"{self._sockets}/%C",
            "ServerAliveInterval": "5",
            "ServerAliveCountMax": "3",
            "LogLevel": "ERROR",
        }
        options = [word for key, value in control.items() for word in ("-o", f"{key}={value}")]
        return ["ssh", "-F", str(self.config), *options, destination]

    def run(
        self,
        destination: str,
        command: str | list[str],
        *,
        data: bytes | None = None,
        timeout_seconds: float = 120,
        check: bool = True,
    ) -> subprocess.CompletedProcess[str]:
        """Run an argv, or a script text given to `sh -c`, on `destination`.

        With `check`, a failure raises with the command's own words in the message.
        """
        words = ["sh", "-c", command] if isinstance(command, str) else command
        if self._open_master(destination):
            done = subprocess.run(
                [*self._base(destination), "--", shlex.join(words)],
                input=data or b"",
                capture_output=True,
                timeout=timeout_seconds,
                check=False,
            )
            result = subprocess.CompletedProcess(
                words, done.returncode, done.stdout.decode(), done.stderr.decode()
            )
        else:
            result = subprocess.CompletedProcess(words, 255, "", "ssh cannot connect")
        if check and result.returncode:
            message = f"{destination}: {command!r} exited {result.returncode}: {result.stderr}"
            raise RuntimeError(message)
        return result

    def _open_master(self, destination: str) -> bool:
        """Make sure that a master connection stands, and that threads make only one.

        It is made apart from the commands, as it would hold the pipes of the first one open.
        """
        base = self._base(destination)
        with self._opening[destination]:
            if _silently([*base, "-O", "check"]):
                return True
            return _silently([*base, "-N", "-f"])

    def hang_up(self, alias: str) -> None:
        """End the kept connections to a host, whoever they log in as."""
        for user in ("root", "op", "plain"):
            _silently([*self._base(f"{user}@{alias}"), "-O", "exit"])

    @property
    def env(self) -> dict[str, str]:
        """The environment in which Podferry finds the lab's hosts by their aliases."""
        return {**os.environ, "PODFERRY_SSH_CONFIG": str(self.config)}


def _silently(command: list[str]) -> bool:
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        check=False,
    )
    return done.returncode == 0
