"""Shells on a host that stay, and take one command after the other.

What ssh, sshd and a login shell do to start a small command costs many times what it does itself;
and over a slow line, its channel is a round trip more.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import shlex
import time
from asyncio import StreamReader, StreamWriter
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Sequence
from typing import cast

from core.hosts import process
from core.hosts.process import Completed

_CHUNK_BYTES = 65536
SSH_FAILED = 255
"""Exit code of ssh itself, rather than of the command (ssh(1))."""


class Shell:
    """One `sh` on a host, which runs a command at a time."""

    def __init__(self, argv: Sequence[str]) -> None:
        """`argv` starts a POSIX shell that reads its stdin; it is, for the first command."""
        self._argv = argv
        self._process: Process | None = None
        self._whole = True
        """Nothing is left in it of a command that was given up."""
        self.greeting = b""
        """What was printed when it started, before any command ran."""

    @property
    def stands(self) -> bool:
        """Whether it takes another command."""
        return self._whole and self._process is not None and self._process.returncode is None

    async def run(self, argv: Sequence[str], *, deadline_s: float) -> Completed:
        """Run a command to its end. At its deadline, or where ssh fails, the shell is given up."""
        started_s, begun = time.time(), time.monotonic()
        code: int | None = None
        out = err = b""
        self._whole = False
        try:
            async with asyncio.timeout(deadline_s):
                code, out, err = await self._run(argv)
        except TimeoutError:
            pass
        finally:
            if not self._whole:
                await self.end()
        seconds = time.monotonic() - begun
        return Completed(code, out, err.decode(errors="replace"), started_s, seconds)

    async def _run(self, argv: Sequence[str]) -> tuple[int, bytes, bytes]:
        fresh = self._process is None
        if self._process is None:
            self._process = await process.start(self._argv, stdin=PIPE, stdout=PIPE)
        pipes = self._process.stdin, self._process.stdout, self._process.stderr
        words, stdout, stderr = cast("tuple[StreamWriter, StreamReader, StreamReader]", pipes)
        mark = secrets.token_hex(16)
        words.write(_told(mark, argv))
        with contextlib.suppress(ConnectionError):
            await words.drain()
        (before, out, code), (_, err, _) = await asyncio.gather(
            _between(mark, stdout), _between(mark, stderr)
        )
        if fresh:
            self.greeting = before
        self._whole = code is not None
        return SSH_FAILED if code is None else code, out, err

    async def end(self) -> None:
        """Let go of it; a command that is at work goes on by itself."""
        self._whole = False
        if self._process and self._process.returncode is None:
            await process.kill(self._process)


def _told(mark: str, argv: Sequence[str]) -> bytes:
    """What the shell is told: the command, and a mark before and after all that it prints.

    What a login shell prints when it starts is not between them, nor what something prints that a
    command left behind, unless that is while the next one runs.
    """
    before = f"printf '{mark}:\\n'; printf '{mark}:\\n' >&2"
    after = f"printf '{mark}.%d\\n' \"$?\"; printf '{mark}.\\n' >&2"
    return f"{before}; ( {shlex.join(argv)} ) </dev/null; {after}\n".encode(
        errors="surrogateescape"
    )


async def _between(mark: str, stream: StreamReader) -> tuple[bytes, bytes, int | None]:
    """What is before the first mark, what is between both, and the number at the second.

    The number is None if the stream has ended before it.
    """
    first, last = f"{mark}:\n".encode(), f"{mark}.".encode()
    seen = bytearray()
    while chunk := await stream.read(_CHUNK_BYTES):
        since = max(0, len(seen) - len(last) - len("255\n"))
        seen += chunk
        end = seen.find(last, since)
        if end >= 0 and (stop := seen.find(b"\n", end)) >= 0:
            before, _, out = bytes(seen[:end]).partition(first)
            return before, out, int(seen[end + len(last) : stop] or b"0")
    before, found, out = bytes(seen).partition(first)
    return (before, out, None) if found else (b"", before, None)


class Shells:
    """A few shells on one host, made when they are wanted and kept for the next command."""

    def __init__(self, argv: Callable[[], Sequence[str]], most: int) -> None:
        """`argv` gives what a Shell is started by."""
        self._argv = argv
        self._most = most
        self._free: list[Shell] = []
        self._at_work = 0
        self.greeting = b""
        """See Shell; of any."""

    async def run(self, argv: Sequence[str], *, deadline_s: float) -> Completed | None:
        """See Shell. None: nothing was run, as all that there may be are at work."""
        shell = self._take()
        if shell is None:
            return None
        self._at_work += 1
        try:
            return await shell.run(argv, deadline_s=deadline_s)
        finally:
            self._at_work -= 1
            self.greeting = shell.greeting or self.greeting
            self._free.append(shell)

    def _take(self) -> Shell | None:
        while self._free:
            shell = self._free.pop()
            if shell.stands:
                return shell
        return Shell(self._argv()) if self._at_work < self._most else None

    async def end(self) -> None:
        """Let go of all that are free."""
        while self._free:
            await self._free.pop().end()
