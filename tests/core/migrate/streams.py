"""Streams by hand: a thread at the far end of a pipe in place of a host."""

import asyncio
import hashlib
import os
import threading
from collections.abc import Iterable

from core.errors import CommandFailed
from core.podman.streams import Receipt


class _End:
    """One end of a pipe for the pump; a thread has the other."""

    def __init__(self, fd: int, failure: str) -> None:
        self.fd = fd
        self.failure = failure
        self.digest = hashlib.sha256()
        self.stop = threading.Event()
        self.ends = 0
        self.aborts = 0
        self._thread = threading.Thread(target=self._work, name="far-end")
        self._thread.start()

    def _work(self) -> None:
        raise NotImplementedError

    async def _join(self) -> None:
        while self._thread.is_alive():  # noqa: ASYNC110 - the default threads are the pump's
            await asyncio.sleep(0)

    def _close(self) -> None:
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    def _receipt(self) -> Receipt:
        if self.failure:
            raise CommandFailed(self.failure)
        return Receipt(self.digest.hexdigest())


class Sender(_End):
    """Sends the chunks; fails afterwards, if it is told to or its reader goes away."""

    def __init__(self, chunks: Iterable[bytes], failure: str = "") -> None:
        self._chunks = chunks
        ours, self._theirs = os.pipe()
        super().__init__(ours, failure)

    def _work(self) -> None:
        try:
            for chunk in self._chunks:
                if self.stop.is_set():
                    break
                self.digest.update(chunk)
                os.write(self._theirs, chunk)
        except BrokenPipeError:
            self.failure = self.failure or "broken pipe"
        finally:
            os.close(self._theirs)

    async def finish(self) -> Receipt:
        self.ends += 1
        self._close()
        await self._join()
        return self._receipt()

    async def abort(self) -> None:
        self.aborts += 1
        self.stop.set()
        while self._thread.is_alive() and self.fd >= 0:
            os.set_blocking(self.fd, False)
            try:
                os.read(self.fd, 65536)
            except BlockingIOError:
                await asyncio.sleep(0)
        await self._join()
        self._close()


class Receiver(_End):
    """Takes all; goes away after some bytes, fails at its end, or sees other bytes, if told to."""

    def __init__(
        self, failure: str = "", *, leaves_after: int | None = None, corrupts: bool = False,
        reads: threading.Event | None = None,
    ) -> None:  # fmt: skip
        self.data = bytearray()
        self._leaves_after = leaves_after
        self._corrupts = corrupts
        self._reads = reads
        self._theirs, ours = os.pipe()
        super().__init__(ours, failure)

    def _work(self) -> None:
        try:
            if self._reads:
                self._reads.wait()
            while not self.stop.is_set() and (chunk := os.read(self._theirs, 65536)):
                self.data += chunk
                if self._leaves_after is not None and len(self.data) > self._leaves_after:
                    self.failure = self.failure or "went away"
                    break
        finally:
            os.close(self._theirs)
        self.digest.update(self.data[:-1] + b"?" if self._corrupts else self.data)

    async def finish(self) -> Receipt:
        self.ends += 1
        self._close()
        await self._join()
        return self._receipt()

    async def abort(self) -> None:
        self.aborts += 1
        self.stop.set()
        if self._reads:
            self._reads.set()
        self._close()
        await self._join()
