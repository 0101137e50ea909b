"""One host with its engine, and what a test does to it behind the engine's back."""

from __future__ import annotations

import asyncio
import re
import shlex
from collections.abc import Mapping
from typing import Protocol

from core.podman.engine import Engine
from core.podman.model import Port
from core.podman.real import RealEngine
from core.simulated import SimulatedEngine
from core.simulated.host import Refusal
from core.simulated.lifecycle import start
from core.simulated.making import make_container, make_image, make_network, make_pod, make_volume
from core.simulated.probing import hit
from core.simulated.things import Mount, Spec
from tests.lab.host import LabHost
from tests.lab.images import COUNTER, load_counter

GONE = -1
"""What a counter says that does not run."""


class Side(Protocol):
    """One host of a pair."""

    @property
    def engine(self) -> Engine:
        """The engine under test."""
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

    async def pod(self, name: str, port: int = 0) -> str:
        """Make an empty pod; its ID."""
        ...

    async def network(self, name: str, subnet: str) -> None:
        """Make a network."""
        ...

    async def volume(self, name: str, files: Mapping[str, str]) -> None:
        """Make a volume with files."""
        ...

    async def count(self, name: str) -> int:
        """Ask a counter, which makes it count on; GONE if it does not answer."""
        ...

    async def files(self, volume: str) -> Mapping[str, str]:
        """The files of a volume."""
        ...

    async def archives(self) -> list[str]:
        """Names of what received archives have left on the host's disk."""
        ...


class SimulatedSide:
    """A simulated host."""

    def __init__(self, engine: SimulatedEngine) -> None:
        self._engine = engine
        self.host = engine.world

    @property
    def engine(self) -> Engine:
        return self._engine

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

    async def pod(self, name: str, port: int = 0) -> str:
        pod = make_pod(self.host, name, ports=(Port(port, 8088),) if port else ())
        start(self.host, self.host.container(pod.infra_id))
        return pod.id

    async def network(self, name: str, subnet: str) -> None:
        make_network(self.host, name, subnet, made="by a test")

    async def volume(self, name: str, files: Mapping[str, str]) -> None:
        make_volume(self.host, name, {path: text.encode() for path, text in files.items()})

    async def count(self, name: str) -> int:
        try:
            return hit(self.host, name)
        except Refusal:
            return GONE

    async def files(self, volume: str) -> Mapping[str, str]:
        found = self.host.volume(volume).files
        return {p: c.decode() if isinstance(c, bytes) else "" for p, c in found.items()}

    async def archives(self) -> list[str]:
        return [*self.host.arrived, *self.host.receiving]


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

    async def pod(self, name: str, port: int = 0) -> str:
        flags = ["-p", f"{port}:8088"] if port else []
        ident = await self._run("podman", "pod", "create", "--name", name, *flags)
        await self._run("podman", "pod", "start", name)
        return ident

    async def network(self, name: str, subnet: str) -> None:
        label = "made=by a test"
        await self._run("podman", "network", "create", "--subnet", subnet, "--label", label, name)

    async def volume(self, name: str, files: Mapping[str, str]) -> None:
        await self._run("podman", "volume", "create", name)
        folder = await self._folder(name)
        for path, text in files.items():
            script = 'mkdir -p "$(dirname "$1")" && cat >"$1"'
            argv = ["sh", "-c", script, "sh", f"{folder}/{path}"]
            await asyncio.to_thread(self.host.ssh, argv, data=text.encode())

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
        folder = await self._folder(volume)
        names = (await self._run("find", folder, "-type", "f", "-printf", "%P\\n")).split("\n")
        return {name: await self._run("cat", f"{folder}/{name}") for name in names if name}

    async def archives(self) -> list[str]:
        root = "/var/lib/containers/storage"
        found = await self._run("find", root, "-maxdepth", "1", "-name", "podferry*")
        return found.split()
