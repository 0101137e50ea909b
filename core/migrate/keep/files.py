"""Files on this machine as ends of a stream, hashed on the way as a host's command does it."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import hashlib
import os
import secrets
import threading
from collections.abc import Iterator
from pathlib import Path

from core.errors import PodferryError, TransferFailed, UsageError
from core.podman.streams import Receipt

_CHUNK_BYTES = 1024 * 1024
_DRAFT = ".podferry."


class FileSink:
    """A new file, 0600, that takes a stream; `publish` has it on disk. See Incoming."""

    def __init__(self, path: Path) -> None:
        """Raises PodferryError when the file cannot be made."""
        self.path = path
        self.bytes = 0
        self._error: OSError | None = None
        self._sha = hashlib.sha256()
        with _told(path):
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            self._file = os.open(path, flags, 0o600)
        self._read, self.fd = os.pipe()
        self._open = True
        self._thread = threading.Thread(target=self._work, name="file", daemon=True)
        self._thread.start()

    def _work(self) -> None:
        try:
            while chunk := os.read(self._read, _CHUNK_BYTES):
                self._sha.update(chunk)
                self.bytes += len(chunk)
                left = memoryview(chunk)
                while left:
                    left = left[os.write(self._file, left) :]
        except OSError as error:
            self._error = error
        finally:
            # Whoever writes into the pipe learns from its end that nobody reads any more.
            os.close(self._read)
            os.close(self._file)

    async def finish(self) -> Receipt:
        """See Incoming."""
        await self._end()
        with _told(self.path):
            if self._error:
                raise self._error
        return Receipt(self._sha.hexdigest(), str(self.path))

    async def abort(self) -> None:
        """See Incoming."""
        await self._end()
        self.path.unlink(missing_ok=True)

    async def _end(self) -> None:
        if self._open:
            self._open = False
            os.close(self.fd)
        await asyncio.to_thread(self._thread.join)


class FileSource:
    """A file that is sent as a stream. See Outgoing."""

    def __init__(self, path: Path, sha256: str) -> None:
        """`sha256` is what its bytes should have; raises PodferryError when it cannot be read."""
        with _told(path):
            self.fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self._sha256 = sha256

    async def finish(self) -> Receipt:
        """See Outgoing."""
        await self.abort()
        return Receipt(self._sha256)

    async def abort(self) -> None:
        """See Outgoing."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


def draft_of(path: Path) -> Path:
    """A new name beside a file's, under which it is written until it is whole."""
    return path.with_name(f"{_DRAFT}{secrets.token_hex(8)}.part")


def publish(draft: Path, path: Path) -> None:
    """Give a whole file its name, durably: not before its bytes are on disk."""
    with _told(path):
        _sync(draft)
        draft.replace(path)
        _sync(path.parent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def require_new(path: Path) -> None:
    """Raise UsageError if there is a file already, as none is ever overwritten, or no folder."""
    if not path.parent.is_dir():
        raise UsageError(f"there is no folder {path.parent}", todo="Make it, or name another.")
    if path.exists() or path.is_symlink():
        raise UsageError(f"{path} is there already", todo="Remove it, or name another place.")


def write_new(path: Path, data: bytes) -> None:
    """Write a file, 0600, that is not there yet. Raises UsageError as `require_new` does."""
    require_new(path)
    draft = draft_of(path)
    with _told(path):
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
    publish(draft, path)


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        kind = TransferFailed if full else PodferryError
        place = path.parent if path.name.startswith(_DRAFT) else path
        raise kind(
            f"{place}: {os.strerror(error.errno or 0)}",
            todo="Make room there, or name another place with -o." if full else "",
        ) from None
