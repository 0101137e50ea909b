"""Podferry as its users run it: the installed command in a process of its own."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from core.attach.meeting import credentials
from tests.lab.host import LabHost

COMMAND = Path(sys.executable).with_name("podferry")


@dataclass(frozen=True)
class Told:
    """What a headless command said."""

    code: int
    lines: list[dict[str, Any]]
    text: str
    """stdout as it came."""
    errors: str

    @property
    def last(self) -> dict[str, Any]:
        """The last JSON object."""
        return self.lines[-1]

    @property
    def item(self) -> dict[str, Any]:
        """The one item of a run."""
        (item,) = self.last["items"]
        assert isinstance(item, dict)
        return item


class Podferry:
    """Runs `podferry`, with its state in a folder of its own."""

    def __init__(self, state: Path, ssh_config: str | Path) -> None:
        self.ssh_config = str(ssh_config)
        self.state = state

    def environment(self) -> dict[str, str]:
        """What the command is started with."""
        return {
            **os.environ,
            "PODFERRY_SSH_CONFIG": self.ssh_config,
            "XDG_STATE_HOME": str(self.state),
            "XDG_CONFIG_HOME": str(self.state / "config"),
        }

    def __call__(self, *arguments: str, stdin: str | None = None) -> Told:
        """Run it to its end."""
        done = subprocess.run(
            [str(COMMAND), *arguments],
            env=self.environment(),
            input=stdin if stdin is not None else "",
            capture_output=True,
            text=True,
            timeout=400,
            check=False,
        )
        return Told(done.returncode, _objects(done.stdout), done.stdout, done.stderr)

    def move(self, *names: str, source: str = "old", target: str = "new", **flags: Any) -> Told:
        """Move items headless."""
        options = [f"--{key}={value}" for key, value in flags.items()]
        return self("move", source, target, *names, "--json", *options)

    @contextmanager
    def moving(self, *names: str, target: str = "new") -> Iterator["Moving"]:
        """Move in the background, to disturb it in the midst."""
        with self.watching("move", "old", target, *names) as moving:
            try:
                yield moving
            finally:
                self.kill_runners()

    @contextmanager
    def watching(self, *arguments: str) -> Iterator["Moving"]:
        """Run a command that tells the events of a run, in the background."""
        process = subprocess.Popen(
            [str(COMMAND), *arguments, "--json"],
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            yield Moving(process)
        finally:
            process.kill()
            process.wait()

    def runners(self) -> list[int]:
        """Processes that carry runs out."""
        found = []
        for path in (self.state / "podferry" / "runs").glob("*.sock"):
            folder = os.open(path.parent, os.O_PATH)
            with socket.socket(socket.AF_UNIX) as runner, contextlib.suppress(OSError):
                runner.connect(f"/proc/self/fd/{folder}/{path.name}")
                found.append(credentials(runner)[0])
            os.close(folder)
        return found

    def kill_runners(self) -> None:
        """Have the processes that carry runs out die at once."""
        for pid in self.runners():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


class Moving:
    """A run as a process of its own that watches it tells it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self._lines: list[dict[str, Any]] = []
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            with self._changed:
                self._lines.append(json.loads(line))
                self._changed.notify_all()
        with self._changed:
            self._lines.append({"event": "end of output"})
            self._changed.notify_all()

    def wait_for(self, wanted: Callable[[dict[str, Any]], bool], seconds: float = 60) -> None:
        """Wait until an event of that kind was told; the end of the output fails."""

        def told() -> bool:
            return any(
                wanted(line) or line["event"] == "end of output" for line in list(self._lines)
            )

        with self._changed:
            assert self._changed.wait_for(told, seconds), self._lines
            assert any(wanted(line) for line in self._lines), self._lines

    def wait_for_step(self, title: str, seconds: float = 60) -> None:
        """Wait until a step whose title begins so has begun."""
        self.wait_for(lambda e: e["event"] == "step" and str(e["title"]).startswith(title), seconds)

    def wait_for_bytes(self, count: int, seconds: float = 120) -> None:
        """Wait until a stream of a dump has moved that many bytes."""
        self.wait_for(lambda e: e["event"] == "progress" and int(e["done_bytes"]) >= count, seconds)

    def cancel(self) -> None:
        """Press Ctrl-C."""
        self.process.send_signal(signal.SIGINT)

    def end(self, seconds: float = 300) -> Told:
        """Wait for the end."""
        code = self.process.wait(seconds)
        self._reader.join(10)
        errors = self.process.stderr.read() if self.process.stderr else ""
        return Told(code, self._lines[:-1], "", errors)


def _objects(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


IMAGE = "localhost/counter:latest"


def run_counter(
    host: LabHost, name: str, port: int, *flags: str, memory_mib: int = 0, image: str = IMAGE
) -> str:
    """Start a counter server that answers on a port of the host; its ID, once it answers."""
    done = host.ssh(
        [
            "podman",
            "run",
            "-d",
            "--name",
            name,
            "-p",
            f"{port}:8088",
            *flags,
            "-e",
            f"MEMORY_MIB={memory_mib}",
            image,
        ]
    )
    peek(host, port)
    return done.stdout.strip()


def count(host: LabHost, port: int) -> int:
    """Ask a counter, which counts one on."""
    return _ask(host, port, "")


def peek(host: LabHost, port: int) -> int:
    """The number that the next `count` will tell."""
    return _ask(host, port, "peek")


_AROUND = r"""podman ps -a --format '{{.ID}} {{.Names}} {{.Status}} {{.Ports}}'
ss -tanp; ip neigh; nft list ruleset | grep -E 'PORT|dnat ip|drop'
for n in /run/netns/*; do
  echo "$n"; nsenter --net="$n" sh -c 'ip -br address; ss -tan; nft list ruleset'
done
podman ps -q | xargs -rn1 podman logs --tail 5
"""
"""What may tell why a published port does not answer."""


def _ask(host: LabHost, port: int, path: str) -> int:
    answer = subprocess.run(
        [
            "curl",
            "-s",
            "--retry",
            "40",
            "--retry-delay",
            "0",
            "--retry-all-errors",
            "--retry-max-time",
            "30",
            "-m",
            "2",
            f"http://{host.ip}:{port}/{path}",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode != 0:
        around = host.ssh(_AROUND.replace("PORT", str(port)), check=False).stdout
        pytest.fail(f"{host.name}:{port} said nothing (curl: {answer.returncode}):\n{around}")
    return int(answer.stdout.removeprefix("counter: "))


_LOSE_RULE = r"""
nft -a list chain inet netavark NETAVARK-HOSTPORT-DNAT |
  awk -v port="$1" '$1 == "tcp" && $3 == port { print $NF }' |
  xargs -n1 nft delete rule inet netavark NETAVARK-HOSTPORT-DNAT handle
"""


def lose_rule(host: LabHost, port: int) -> None:
    """Delete the rule that leads to a published port, which Podman itself sometimes does.

    Netavark takes it away with that of another container of the same port, which ends late.
    """
    host.ssh(["sh", "-c", _LOSE_RULE, "sh", str(port)])


def state(host: LabHost, name: str) -> str:
    """A container's status in Podman's word; empty if there is none."""
    done = host.ssh(
        ["podman", "container", "inspect", "-f", "{{.State.Status}}", name], check=False
    )
    return done.stdout.strip() if done.returncode == 0 else ""


def inspect(host: LabHost, name: str, what: str = "container") -> dict[str, Any]:
    """What podman inspect says."""
    (found,) = json.loads(host.ssh(["podman", what, "inspect", name]).stdout)
    assert isinstance(found, dict)
    return found


def holdings(host: LabHost) -> dict[str, list[str]]:
    """All that a host's Podman has by name, and folders that Podferry may have left."""
    script = """
    podman ps -aq --no-trunc | sort; echo @; podman pod ps -q --no-trunc | sort; echo @
    podman volume ls -q | sort; echo @; podman network ls -q | sort; echo @
    podman images -aq --no-trunc | sort; echo @
    ls -d /var/lib/containers/storage/podferry.* /tmp/tmp.* 2>/dev/null; echo @
    ls /var/lib/containers/storage/*-containers | grep -v json | grep -v lock | sort
    """
    parts = host.ssh(script).stdout.split("@\n")
    names = ("containers", "pods", "volumes", "networks", "images", "left", "folders")
    return dict(zip(names, [part.split() for part in parts], strict=True))
