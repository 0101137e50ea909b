"""Gathering evidence on a simulated host, and answering as its containers' programs would."""

from __future__ import annotations

import asyncio
import hashlib
import socket
from collections.abc import Collection, Mapping, Sequence

from core.errors import CommandFailed
from core.podman.model import Thing
from core.podman.traces import Answer, FileSeen, Proc, Traces
from core.simulated.base import Base
from core.simulated.host import Refusal
from core.simulated.inspection import command_line
from core.simulated.listing import list_inside
from core.simulated.probing import hit, peek
from core.simulated.things import Content, SimContainer

_ANSWERING: set[asyncio.Task[None]] = set()
"""Held, so that they are not collected before they have answered."""


class Tracing(Base):
    """The part of Engine that gathers evidence."""

    async def traces(self, ids: Collection[str]) -> Mapping[str, Traces]:
        """See Engine."""
        async with self._verb("traces"):
            found = (c for c in self.world.containers.values() if c.running and c.id in ids)
            return {c.id: self._traces(c) for c in found}

    def _traces(self, container: SimContainer) -> Traces:
        listening = list_inside(self.world, container).listening
        return Traces((self._process(container),), container.memory.size_bytes, listening)

    def _process(self, container: SimContainer) -> Proc:
        argv = command_line(self.world, container) or ("catatonit",)
        age_s = container.ran_s(self.world.clock())
        name = argv[0].rpartition("/")[2][:15]
        return Proc(container.pid, 1, name, argv, "S", age_s)

    async def digests(
        self, thing: Thing, name: str, paths: Collection[str] = ()
    ) -> Mapping[str, FileSeen]:
        """See Engine; a file is as old as its host, or has been written since something ran."""
        async with self._verb("digests", name):
            if thing is Thing.VOLUME:
                files: Mapping[str, Content] = self.world.volume(name).files
                found = [c.found.get(name, files) for c in self.world.volume_users(name)]
            else:
                container = self.world.container(name)
                files, found = container.files, [container.found.get("", {})]
            now_s = self.world.clock()
            return {
                path.lstrip("/"): _seen(
                    content, now_s if any(f.get(path) != content for f in found) else 0.0
                )
                for path, content in files.items()
            }

    async def ask(self, container_id: str, argv: Sequence[str]) -> Answer:
        """See Engine; its containers know `cat`, `count` and `true`."""
        async with self._verb("ask", container_id):
            container = self.world.container(container_id)
            if not container.running:
                return Answer(255, "can only create exec sessions on running containers")
            match tuple(argv):
                case ("true",):
                    return Answer(0, "")
                case ("count",):
                    return Answer(0, f"counter: {peek(self.world, container_id)}\n")
                case ("cat", path) if path in container.files:
                    return Answer(0, container.files[path].decode(errors="replace"))
                case _:
                    return Answer(127, f"executable file `{argv[0]}` not found")

    async def read_file(self, container_id: str, path: str) -> bytes:
        """See Engine."""
        async with self._verb("read_file", container_id):
            content = self.world.container(container_id).files.get(path)
            if content is None:
                raise Refusal(f'"{path}" could not be found on container')
            return content

    async def dial(self, address: str, port: int) -> socket.socket:
        """See Engine; what answers is a counter server."""
        async with self._verb("dial", str(port)):
            answering = self._listener(port)
            if answering is None:
                raise CommandFailed(f"port {port} does not answer", host=self.label)
            ours, theirs = socket.socketpair()
            if any(dead.host_port == port for dead in self.world.dead_ports):
                theirs.close()
                return ours
            task = asyncio.create_task(self._answer(theirs, answering))
            _ANSWERING.add(task)
            task.add_done_callback(_ANSWERING.discard)
            return ours

    def _listener(self, port: int) -> SimContainer | None:
        """The container that answers on a port of the host; in a pod, the first that runs."""
        for container in self.world.containers.values():
            if any(p.host_port == port for p in container.spec.ports) and container.running:
                if not container.is_infra:
                    return container
                members = self.world.members(self.world.pod(container.pod_id))
                return next((c for c in members if c.running), None)
        return None

    async def _answer(self, theirs: socket.socket, container: SimContainer) -> None:
        reader, writer = await asyncio.open_connection(sock=theirs)
        request = await reader.readline()
        if request.startswith(b"GET "):
            ask = peek if b"/peek" in request else hit
            body = f"counter: {ask(self.world, container.id)}\n"
            head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            writer.write(f"{head}{body}".encode())
            await writer.drain()
        writer.close()


def _seen(content: Content, changed_s: float) -> FileSeen:
    if isinstance(content, bytes):
        return FileSeen(hashlib.sha256(content).hexdigest(), len(content), changed_s)
    return FileSeen(hashlib.sha256(repr(content).encode()).hexdigest(), content.size, changed_s)
