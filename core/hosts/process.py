"""Child processes on this machine: run one with a deadline, or hold one end of its byte stream."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

_PIPE_BYTES = 1024 * 1024
"""Pipe size for bulk streams: the most that Linux gives to anyone without asking."""
_STDERR_BYTES = 64 * 1024
"""How much of a stream's stderr is kept: its tail."""


@dataclass(frozen=True, slots=True)
class Completed:
    """A process that ended."""

    exit_code: int | None
    """None: stopped at its deadline."""
    stdout: bytes
    stderr: str
    started_s: float
    seconds: float


async def run(argv: Sequence[str], *, stdin: bytes = b"", deadline_s: float) -> Completed:
    """Run a process to its end or its deadline; then its whole process group is killed."""
    started_s, begun = time.time(), time.monotonic()
    process = await start(
        argv,
        stdin=asyncio.subprocess.PIPE if stdin else asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
    )
    code: int | None = None
    out = err = b""
    ended = False
    try:
        async with asyncio.timeout(deadline_s):
            out, err = await process.communicate(stdin or None)
            code = process.returncode
            ended = True
    except TimeoutError:
        pass
    finally:
        if not ended:
            await kill(process)
    seconds = time.monotonic() - begun
    return Completed(code, out, err.decode(errors="replace"), started_s, seconds)


async def start(argv: Sequence[str], *, stdin: int, stdout: int) -> asyncio.subprocess.Process:
    """Start a process in a group of its own; one that is cancelled meanwhile leaves no group."""
    starting = asyncio.ensure_future(
        asyncio.create_subprocess_exec(
            *argv,
            stdin=stdin,
            stdout=stdout,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
    )
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        with contextlib.suppress(OSError):
            await kill(await starting)
        raise


async def kill(process: asyncio.subprocess.Process) -> None:
    """Kill a process and what it has started, which may hold its pipes after it has ended."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    # What left the process group may hold the pipes still, and wait() would wait for their end.
    # (Closing all of the transport would reap the process before asyncio does, which then makes its
    # exit code 255: that of an ssh that failed.)
    for number in range(3):
        if pipe := process._transport.get_pipe_transport(number):  # type: ignore[attr-defined]  # noqa: SLF001
            pipe.close()
    await asyncio.shield(process.wait())


class Direction(Enum):
    """Which end of the process this side holds."""

    FROM = "stdout"
    TO = "stdin"


class ByteProcess:
    """A process whose stdout is read, or whose stdin is written, through a plain descriptor."""

    def __init__(self, process: asyncio.subprocess.Process, fd: int, started_s: float) -> None:
        self._process = process
        self.fd = fd
        self.started_s = started_s
        self._begun = time.monotonic()
        self._stdout = bytearray()
        self._stderr = bytearray()
        self._at_end: list[Callable[[], None]] = []
        self._news = asyncio.Event()
        """Set whenever something was printed."""
        self._over = False
        """It has ended and nothing holds its pipes; its number may be another process's now."""
        self._drains = [
            asyncio.create_task(self._drain(stream, buffer))
            for stream, buffer in (
                (process.stdout, self._stdout),
                (process.stderr, self._stderr),
            )
            if stream is not None
        ]

    @classmethod
    async def spawn(cls, argv: Sequence[str], direction: Direction) -> ByteProcess:
        """Start a process with a large pipe at its bulk end."""
        read_fd, write_fd = os.pipe()
        with contextlib.suppress(OSError):
            fcntl.fcntl(write_fd, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        ours, theirs = (read_fd, write_fd) if direction is Direction.FROM else (write_fd, read_fd)
        started_s = time.time()
        try:
            process = await start(
                argv,
                stdin=theirs if direction is Direction.TO else asyncio.subprocess.DEVNULL,
                stdout=theirs if direction is Direction.FROM else asyncio.subprocess.PIPE,
            )
        except BaseException:
            os.close(ours)
            raise
        finally:
            os.close(theirs)
        return cls(process, ours, started_s)

    async def _drain(self, stream: asyncio.StreamReader, buffer: bytearray) -> None:
        while chunk := await stream.read(65536):
            buffer += chunk
            del buffer[:-_STDERR_BYTES]
            self._news.set()
        self._news.set()

    def on_end(self, callback: Callable[[], None]) -> None:
        """Have `callback` called once, when the process has ended or was aborted."""
        self._at_end.append(callback)

    def _ended(self) -> None:
        while self._at_end:
            self._at_end.pop()()

    async def next_line(self, deadline_s: float) -> str:
        """The next line that the process prints (of one that is written to); empty if none."""
        try:
            async with asyncio.timeout(deadline_s):
                while b"\n" not in self._stdout and not self._drains[0].done():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return ""
        line, _, rest = self._stdout.partition(b"\n")
        self._stdout[:] = rest
        return line.decode(errors="replace").strip()

    async def ended(self) -> None:
        """Wait until the process has ended by itself."""
        await self._process.wait()

    def close_fd(self) -> None:
        """Close this side's end; for a writer that is the end of the stream."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    async def wait(self, deadline_s: float) -> Completed:
        """Close this side's end and wait for the process; kill it at the deadline."""
        self.close_fd()
        code: int | None = None
        try:
            async with asyncio.timeout(deadline_s):
                await asyncio.gather(*self._drains)
                code = await self._process.wait()
                self._over = True
        except TimeoutError:
            pass
        finally:
            await self._kill()
            self._ended()
        return Completed(
            code,
            bytes(self._stdout),
            self._stderr.decode(errors="replace"),
            self.started_s,
            time.monotonic() - self._begun,
        )

    async def abort(self) -> None:
        """Kill the process and close this side's end."""
        await self._kill()
        self.close_fd()
        self._ended()
        for task in self._drains:
            task.cancel()
        await asyncio.gather(*self._drains, return_exceptions=True)

    async def _kill(self) -> None:
        if not self._over:
            await kill(self._process)
            self._over = True
