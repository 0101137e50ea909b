"""Threads that feed and drain pipes, as a host's command does at the other end of a connection."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import select
import threading
import time
from collections.abc import Callable, Iterator, Mapping

from core.simulated.tarstream import BLOCK, Blob, Broken, read_tar
from core.simulated.wire import Stalled, Unplugged, Wire

_POLL_MS = 50
"""A thread that waits for its pipe looks so often whether it shall stop."""
_ORPHAN_S = 0.5
"""So long a thread may take for what is in its pipe when nobody is at the other end any more."""

Members = Mapping[str, bytes | Blob]


class PipeEnd:
    """A thread at one end of a pipe; `fd` is the other end."""

    def __init__(self, name: str) -> None:
        self.moved_bytes = 0
        """Bytes that went through."""
        self.ended_by: Exception | None = None
        """Why the thread ended early."""
        self._sha = hashlib.sha256()
        self._stop = threading.Event()
        self._loop = asyncio.get_running_loop()
        self._done = asyncio.Event()
        self._whole = False
        self._closed = False
        self._thread = threading.Thread(target=self._live, name=name, daemon=True)
        self.fd, self._own = -1, -1

    @property
    def sha256(self) -> str:
        """Digest of all bytes."""
        return self._sha.hexdigest()

    @property
    def complete(self) -> bool:
        """Whether the thread has done all of its work."""
        return self._whole

    async def wait(self) -> None:
        """Wait for the thread."""
        await self._done.wait()

    async def cut(self) -> None:
        """Stop the thread, wherever it is; one that is done stays done."""
        if not self._done.is_set():
            self._stop.set()
        await self._done.wait()

    def sever(self) -> None:
        """Stop the thread because the connection is gone."""
        if not self._whole and not self._done.is_set():
            self.ended_by = self.ended_by or Unplugged()
            self._stop.set()

    def orphan(self) -> None:
        """Let the thread end by itself, as its loop never runs again; a stalled one is stopped."""
        self.close()
        self._thread.join(_ORPHAN_S)
        self.sever()
        self._thread.join()

    def close(self) -> None:
        """Close `fd`, once."""
        if not self._closed:
            self._closed = True
            os.close(self.fd)

    def _live(self) -> None:
        try:
            self._work()
            self._whole = not self._stop.is_set()
        except Exception as error:
            self.ended_by = self.ended_by or error
            while isinstance(error, Stalled) and not self._stop.wait(1):
                pass
        finally:
            os.close(self._own)
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._done.set)

    def _work(self) -> None:
        raise NotImplementedError

    def _ready(self, event: int) -> bool:
        """Wait for the pipe; False means that it is time to stop."""
        poll = select.poll()
        poll.register(self._own, event)
        while not self._stop.is_set():
            if poll.poll(_POLL_MS):
                return True
        return False


class Feeder(PipeEnd):
    """Writes chunks into a pipe, at a rate."""

    def __init__(self, chunks: Iterator[bytes], wire: Wire, rate_bytes_s: float | None) -> None:
        super().__init__("simulated-feeder")
        self._chunks = chunks
        self._wire = wire
        self._rate = rate_bytes_s
        self.fd, self._own = os.pipe()
        os.set_blocking(self._own, False)
        self._thread.start()

    def _work(self) -> None:
        started = time.monotonic()
        for chunk in self._chunks:
            self._sha.update(chunk)
            arriving, end = self._wire.carry(chunk)
            if not self._push(arriving):
                return
            if end:
                raise end
            if self._rate:
                ahead_s = self.moved_bytes / self._rate - (time.monotonic() - started)
                if ahead_s > 0 and self._stop.wait(ahead_s):
                    return

    def _push(self, chunk: bytes) -> bool:
        rest = memoryview(chunk)
        while rest:
            if not self._ready(select.POLLOUT):
                return False
            with contextlib.suppress(BlockingIOError):
                written = os.write(self._own, rest)
                self.moved_bytes += written
                rest = rest[written:]
        return True


class _Drain:
    """A pipe's bytes as tarfile reads them."""

    def __init__(self, pull: Callable[[], bytes]) -> None:
        self._pull = pull
        self._left = b""

    def read(self, size: int) -> bytes:
        while not self._left:
            self._left = self._pull()
            if not self._left:
                return b""
        taken, self._left = self._left[:size], self._left[size:]
        return taken


class Drainer(PipeEnd):
    """Reads a tar stream from a pipe to its end."""

    def __init__(self, wire: Wire, *, sealed: bool) -> None:
        super().__init__("simulated-drainer")
        self.members: Members = {}
        self.broken = ""
        """Why what arrived cannot be used; empty if it can."""
        self._wire = wire
        self._sealed = sealed
        self._end: Exception | None = None
        self._own, self.fd = os.pipe()
        self._thread.start()

    def _work(self) -> None:
        try:
            self.members = read_tar(_Drain(self._pull), sealed=self._sealed)
        except Broken as error:
            self.broken = str(error) or "unexpected end of file"
        while self._pull():
            pass

    def _pull(self) -> bytes:
        """The next bytes as they arrive; empty at the end."""
        if self._end:
            raise self._end
        while self._ready(select.POLLIN):
            chunk = os.read(self._own, BLOCK)
            if not chunk:
                return b""
            arriving, self._end = self._wire.carry(chunk)
            self._sha.update(arriving)
            self.moved_bytes += len(arriving)
            if arriving:
                return arriving
            if self._end:
                raise self._end
        raise Unplugged
