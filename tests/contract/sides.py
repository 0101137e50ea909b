"""One host with its engine, and what a test does to it behind the engine's back."""

from __future__ import annotations

import asyncio
import re
import shlex
from collections.abc import Mapping
from typing import Protocol

from core.podman.engine import Engine
from core.podman.model import Inside, Port, Secret
from core.podman.real import RealEngine
from core.podman.real.reach import reach
from core.simulated import SimulatedEngine
from core.simulated.host import Refusal
from core.simulated.lifecycle import start
from core.simulated.making import make_container, make_image, make_network, make_pod, make_volume
from core.simulated.probing import hit
from core.simulated.things import MIB, Mount, Spec
from tests.lab.driver import lose_rule
from tests.lab.host import LabHost
from tests.lab.images import COUNTER, load_counter

HOLD = """
import fcntl, os, socket, sys, time
_, lock, deleted, port = sys.argv
locked = open(lock, "w")
fcntl.flock(locked, fcntl.LOCK_EX)
ghost = open(deleted, "wb+")
ghost.write(os.urandom(3 * 2**20))
ghost.flush()
os.fsync(ghost.fileno())
os.unlink(deleted)
server = socket.create_server(("127.0.0.1", int(port)))
client = socket.create_connection(("127.0.0.1", int(port)))
accepted = server.accept()
open("/ready", "w").close()
time.sleep(1e6)
"""
"""A program for the Python of a lab host: it holds what a checkpoint has trouble with."""

LABELS = {"made": "by a test"}
GONE = -1
"""What a counter says that does not run."""


class Side(Protocol):
    """One host of a pair."""

    @property
    def engine(self) -> Engine:
        """The engine under test."""
        ...

    def other_engine(self) -> Engine:
        """One that is not connected, as another Podferry on the same host."""
        ...

    async def image(self, variant: str) -> str:
        """An image under the tag localhost/VARIANT that only this host has; its ID."""
        ...

    async def counter(
        self,
        name: str,
        *,
        pod: str = "",
        image: str = COUNTER,
        volume: str = "",
        port: int = 0,
        labels: Mapping[str, str] | None = None,
    ) -> str:
        """Start a container that counts how often it is asked; its ID."""
        ...

    async def holder(self, name: str, *, lock: str, deleted: str, port: int, pod: str = "") -> str:
        """Start a program that holds a lock, 3 MiB in a deleted file, and a connection; its ID.

        The connection is one to the same container, on the port that it listens on.
        """
        ...

    async def pod(self, name: str, port: int = 0) -> str:
        """Make an empty pod; its ID."""
        ...

    async def network(self, name: str, subnet: str) -> None:
        """Make a network."""
        ...

    async def lose_rule(self, port: int) -> None:
        """Take away what leads clients to a published TCP port, as Podman itself sometimes does."""
        ...

    async def volume(self, name: str, files: Mapping[str, str]) -> None:
        """Make a volume with files."""
        ...

    async def write(self, volume: str, files: Mapping[str, str]) -> None:
        """Write files in a volume."""
        ...

    async def forget(self, volume: str, path: str) -> None:
        """Delete a file or folder of a volume."""
        ...

    async def settled(self, volume: str) -> None:
        """Wait until the last change of a volume is old enough to be told from a later one."""
        ...

    async def folder(self, path: str, files: Mapping[str, str]) -> None:
        """Make a folder of the host with files."""
        ...

    async def within(self, path: str) -> Mapping[str, str]:
        """The files of a folder of the host."""
        ...

    async def secret(self, name: str, value: bytes) -> None:
        """Make a secret with a label."""
        ...

    async def count(self, name: str) -> int:
        """Ask a counter, which makes it count on; GONE if it does not answer."""
        ...

    async def files(self, volume: str) -> Mapping[str, str]:
        """The files of a volume."""
        ...

    async def archives(self) -> list[str]:
        """Names of what received archives and notes have left on the host's disk."""
        ...


class SimulatedSide:
    """A simulated host."""

    def __init__(self, engine: SimulatedEngine) -> None:
        self._engine = engine
        self.host = engine.world

    @property
    def engine(self) -> Engine:
        return self._engine

    def other_engine(self) -> Engine:
        return SimulatedEngine(self.host)

    async def image(self, variant: str) -> str:
        return make_image(self.host, f"localhost/{variant}:latest").id

    async def counter(
        self,
        name: str,
        *,
        pod: str = "",
        image: str = COUNTER,
        volume: str = "",
        port: int = 0,
        labels: Mapping[str, str] | None = None,
    ) -> str:
        found = self.host.find_image(image)
        assert found
        spec = Spec(
            image=image,
            image_id=found.id,
            labels=labels or {},
            ports=(Port(port, 8088),) if port else (),
            mounts=(Mount("/data", volume),) if volume else (),
        )
        home = self.host.pod(pod) if pod else None
        return make_container(self.host, name, spec, pod=home).id

    async def holder(self, name: str, *, lock: str, deleted: str, port: int, pod: str = "") -> str:
        found = self.host.find_image(COUNTER)
        assert found
        here, there = f"127.0.0.1:{port}", "127.0.0.1:40000"
        holds = Inside(
            listening=(here,),
            established=(f"{here} {there}", f"{there} {here}"),
            locked=(lock,),
            deleted={deleted: 3 * MIB},
        )
        spec = Spec(COUNTER, found.id, command=("/usr/bin/python3", "/hold.py"), holds=holds)
        home = self.host.pod(pod) if pod else None
        return make_container(self.host, name, spec, pod=home).id

    async def pod(self, name: str, port: int = 0) -> str:
        pod = make_pod(self.host, name, ports=(Port(port, 8088),) if port else ())
        start(self.host, self.host.container(pod.infra_id))
        return pod.id

    async def network(self, name: str, subnet: str) -> None:
        make_network(self.host, name, subnet, made="by a test")

    async def lose_rule(self, port: int) -> None:
        self.host.dead_ports.add(Port(port, 8088))

    async def volume(self, name: str, files: Mapping[str, str]) -> None:
        make_volume(self.host, name, {path: text.encode() for path, text in files.items()})

    async def write(self, volume: str, files: Mapping[str, str]) -> None:
        self.host.volume(volume).files.update({p: text.encode() for p, text in files.items()})

    async def forget(self, volume: str, path: str) -> None:
        files = self.host.volume(volume).files
        for name in [n for n in files if n == path or n.startswith(f"{path}/")]:
            del files[name]

    async def settled(self, volume: str) -> None:
        pass

    async def folder(self, path: str, files: Mapping[str, str]) -> None:
        self.host.paths.add(path)
        self.host.folders[path] = {name: text.encode() for name, text in files.items()}

    async def within(self, path: str) -> Mapping[str, str]:
        found = self.host.folders.get(path, {})
        return {p: c.decode() if isinstance(c, bytes) else "" for p, c in found.items()}

    async def secret(self, name: str, value: bytes) -> None:
        self.host.secrets.add(name)
        self.host.secret_values[name] = Secret(name, value, LABELS)

    async def count(self, name: str) -> int:
        try:
            return hit(self.host, name)
        except Refusal:
            return GONE

    async def files(self, volume: str) -> Mapping[str, str]:
        found = self.host.volume(volume).files
        return {p: c.decode() if isinstance(c, bytes) else "" for p, c in found.items()}

    async def archives(self) -> list[str]:
        return [*self.host.arrived, *self.host.receiving, *self.host.notes]


class RealSide:
    """A host of the lab."""

    def __init__(self, engine: RealEngine, host: LabHost) -> None:
        self._engine = engine
        self.host = host

    @property
    def engine(self) -> Engine:
        return self._engine

    async def _run(self, *argv: str) -> str:
        done = await asyncio.to_thread(self.host.ssh, list(argv))
        return done.stdout.strip()

    def other_engine(self) -> Engine:
        return reach(self.host.name)

    async def image(self, variant: str) -> str:
        tag = f"localhost/{variant}:latest"
        return await asyncio.to_thread(load_counter, self.host, tag, variant=variant)

    async def counter(
        self,
        name: str,
        *,
        pod: str = "",
        image: str = COUNTER,
        volume: str = "",
        port: int = 0,
        labels: Mapping[str, str] | None = None,
    ) -> str:
        flags = ["--name", name]
        flags += ["--pod", pod] if pod else []
        flags += ["-v", f"{volume}:/data"] if volume else []
        flags += ["-p", f"{port}:8088"] if port else []
        for key, value in (labels or {}).items():
            flags += ["--label", f"{key}={value}"]
        if pod:
            members = await self._run("podman", "ps", "-qa", "--filter", f"pod={pod}")
            flags += ["-e", f"PORT={8087 + len(members.split())}"]
        return await self._run("podman", "run", "-dq", *flags, image)

    async def holder(self, name: str, *, lock: str, deleted: str, port: int, pod: str = "") -> str:
        argv = ["sh", "-c", "cat >/tmp/hold.py"]
        await asyncio.to_thread(self.host.ssh, argv, data=HOLD.encode())
        flags = ["--name", name, "-v", "/tmp/hold.py:/hold.py:ro"]
        flags += ["--pod", pod] if pod else []
        for source, place in (("/usr", "/usr"), ("/usr/lib", "/lib"), ("/usr/lib64", "/lib64")):
            flags += ["-v", f"{source}:{place}:ro"]
        program = ("/usr/bin/python3", "/hold.py", lock, deleted, str(port))
        ident = await self._run("podman", "run", "-dq", *flags, COUNTER, *program)
        await self._run("podman", "exec", ident, "sh", "-c", "until [ -e /ready ]; do :; done")
        return ident

    async def pod(self, name: str, port: int = 0) -> str:
        flags = ["-p", f"{port}:8088"] if port else []
        ident = await self._run("podman", "pod", "create", "--name", name, *flags)
        await self._run("podman", "pod", "start", name)
        return ident

    async def network(self, name: str, subnet: str) -> None:
        label = "made=by a test"
        await self._run("podman", "network", "create", "--subnet", subnet, "--label", label, name)

    async def lose_rule(self, port: int) -> None:
        await asyncio.to_thread(lose_rule, self.host, port)

    async def volume(self, name: str, files: Mapping[str, str]) -> None:
        await self._run("podman", "volume", "create", name)
        await self.folder(await self._folder(name), files)

    async def write(self, volume: str, files: Mapping[str, str]) -> None:
        await self.folder(await self._folder(volume), files)

    async def forget(self, volume: str, path: str) -> None:
        await self._run("rm", "-r", f"{await self._folder(volume)}/{path}")

    async def settled(self, volume: str) -> None:
        # The newest change, as find sees it, must be more than two seconds ago.
        script = 'until [ -z "$(find "$1" -newerct "3 seconds ago" -print -quit)" ]; do :; done'
        await self._run("sh", "-c", script, "sh", await self._folder(volume))

    async def folder(self, path: str, files: Mapping[str, str]) -> None:
        await self._run("mkdir", "-p", path)
        for name, text in files.items():
            script = 'mkdir -p "$(dirname "$1")" && cat >"$1"'
            argv = ["sh", "-c", script, "sh", f"{path}/{name}"]
            await asyncio.to_thread(self.host.ssh, argv, data=text.encode())

    async def secret(self, name: str, value: bytes) -> None:
        label = [part for key, text in LABELS.items() for part in ("--label", f"{key}={text}")]
        argv = ["podman", "secret", "create", *label, name, "-"]
        await asyncio.to_thread(self.host.ssh, argv, data=value)

    async def _folder(self, volume: str) -> str:
        return await self._run("podman", "volume", "inspect", "-f", "{{.Mountpoint}}", volume)

    async def count(self, name: str) -> int:
        script = (
            f"port=$(podman exec {shlex.quote(name)} sh -c 'echo ${{PORT:-8088}}') && "
            f"podman exec {shlex.quote(name)} wget -qO- http://127.0.0.1:$port/"
        )
        done = await asyncio.to_thread(self.host.ssh, script, check=False)
        found = re.search(r"counter: (\d+)", done.stdout)
        return int(found.group(1)) if found else GONE

    async def files(self, volume: str) -> Mapping[str, str]:
        return await self.within(await self._folder(volume))

    async def within(self, path: str) -> Mapping[str, str]:
        names = (await self._run("find", path, "-type", "f", "-printf", "%P\\n")).split("\n")
        return {name: await self._run("cat", f"{path}/{name}") for name in names if name}

    async def archives(self) -> list[str]:
        root = "/var/lib/containers/storage"
        found = await self._run("find", root, "-maxdepth", "1", "-name", "podferry*")
        return found.split()
