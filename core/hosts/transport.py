"""Running commands on a host, wherever it is: the Transport protocol and the local one."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import Sequence
from typing import Protocol

from core.errors import CommandFailed, HostUnfit
from core.hosts import process
from core.hosts.address import Address
from core.hosts.process import ByteProcess, Completed, Direction

_DIAL_S = 5


class Transport(Protocol):
    """A host that can be reached. Arguments arrive as given: nothing is read by a shell."""

    @property
    def label(self) -> str:
        """The host as the operator named it."""
        ...

    async def open(self) -> None:
        """Reach the host. Raises HostUnreachable; safe to call again."""
        ...

    async def alive(self) -> bool:
        """Whether the connection that `open` made still stands."""
        ...

    async def close(self) -> None:
        """Let go of the host."""
        ...

    async def run(
        self, argv: Sequence[str], *, stdin: bytes = b"", deadline_s: float = 60
    ) -> Completed:
        """Run a command. Raises HostUnreachable if the connection is what failed."""
        ...

    async def stream(self, argv: Sequence[str], direction: Direction) -> ByteProcess:
        """Start a command for its bytes, on a connection of its own."""
        ...

    async def warm(self, streams: int) -> None:
        """Have connections ready for that many streams."""
        ...

    async def hold(self, argv: Sequence[str]) -> ByteProcess:
        """Start a command that lives until its stdin is closed."""
        ...

    async def forward(self, remote_socket: str) -> str:
        """Path of a Unix socket on this machine that leads to one on the host."""
        ...

    async def dial(self, address: str, port: int) -> socket.socket:
        """A blocking socket to a TCP port as the host reaches it."""
        ...

    def failure(self, completed: Completed) -> Exception | None:
        """HostUnreachable if the connection, not the command, is why the process failed."""
        ...


class LocalTransport:
    """This machine."""

    def __init__(self, address: Address) -> None:
        self.label = address.label

    async def open(self) -> None:
        """See Transport."""
        if not shutil.which("sh"):
            raise HostUnfit("no POSIX shell on this machine", host=self.label)

    async def alive(self) -> bool:
        """See Transport."""
        return True

    async def close(self) -> None:
        """See Transport."""

    async def run(
        self, argv: Sequence[str], *, stdin: bytes = b"", deadline_s: float = 60
    ) -> Completed:
        """See Transport."""
        try:
            return await process.run(argv, stdin=stdin, deadline_s=deadline_s)
        except FileNotFoundError:
            raise HostUnfit(f"{argv[0]} is not installed", host=self.label) from None

    async def stream(self, argv: Sequence[str], direction: Direction) -> ByteProcess:
        """See Transport."""
        return await ByteProcess.spawn(argv, direction)

    async def warm(self, streams: int) -> None:
        """See Transport."""

    async def hold(self, argv: Sequence[str]) -> ByteProcess:
        """See Transport."""
        return await ByteProcess.spawn(argv, Direction.TO)

    async def forward(self, remote_socket: str) -> str:
        """See Transport."""
        return remote_socket

    async def dial(self, address: str, port: int) -> socket.socket:
        """See Transport."""
        try:
            return await asyncio.to_thread(socket.create_connection, (address, port), _DIAL_S)
        except OSError as error:
            raise CommandFailed(
                f"port {port} does not answer: {error.strerror or error}", host=self.label
            ) from None

    def failure(self, completed: Completed) -> Exception | None:
        """See Transport."""
        return None
