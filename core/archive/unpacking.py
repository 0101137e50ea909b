"""A packed or plain file as a stream of bytes that never takes more than it is worth.

Podman packs with zstd (the default), gzip, or not at all; bzip2 and xz cost nothing to read.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, Protocol

import zstandard

from core.archive.wire import Damaged

_MOST_TIMES = 100
_FREE_BYTES = 2**30
"""A packed file may become that large, and 100 times its own size on top: gzip takes 5 s for it."""
_SKIP_BYTES = 1024 * 1024
_XZ_BYTES = 128 * 2**20
"""Memory that unpacking xz may take: twice what `xz -9` asks for; a header may ask for 4 GiB."""


_TROUBLES = OSError, EOFError, ValueError, zlib.error, zstandard.ZstdError, lzma.LZMAError


class Source(Protocol):
    """Bytes, one after the other."""

    def read(self, size: int) -> bytes:
        """As many bytes; fewer only at the end. Raises Damaged."""

    def skip(self, size: int) -> None:
        """Go on after as many bytes. Raises Damaged when there are fewer."""


class Unpacked:
    """A file's bytes, unpacked if need be."""

    def __init__(self, path: Path, seen: Callable[[int], None]) -> None:
        """`seen` is told the bytes that are read, and may raise.

        Raises OSError, and Damaged for what is no regular file or packed in an unknown way.
        """
        # Opening a FIFO would wait for its writer.
        self._file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
        try:
            self.bytes = os.fstat(self._file.fileno()).st_size
            if not path.is_file():
                raise Damaged("it is no regular file")
            self.packing, self._stream = _opened(self._file)
        except BaseException:
            self._file.close()
            raise
        self._at = 0
        self._seen = seen
        self.spent = False
        """The file itself is at fault for what was read last: it has ended, or cannot be read."""

    def close(self) -> None:
        """Give the file back."""
        self._file.close()

    def read(self, size: int) -> bytes:
        """See Source."""
        parts = []
        while size:
            try:
                part = self._stream.read(min(size, _SKIP_BYTES))
            except _TROUBLES as error:
                self.spent = True
                raise Damaged(f"its {self.packing or 'file'} cannot be read: {error}") from None
            if not part:
                self.spent = True
                break
            parts.append(part)
            size -= len(part)
            self._at += len(part)
            self._seen(len(part))
            if self.packing and self._at > _FREE_BYTES + _MOST_TIMES * self.bytes:
                self.spent = True
                raise Damaged(
                    f"it unpacks to more than {_MOST_TIMES} times its size and "
                    f"{_FREE_BYTES >> 30} GiB: unpack it yourself to have it read"
                )
        return b"".join(parts)

    def skip(self, size: int) -> None:
        """See Source."""
        if not self.packing:
            if size > self.bytes - self._at:
                self.spent = True
                raise Damaged("it ends too early")
            self._at += size
            self._stream.seek(self._at)
            return
        while size:
            got = len(self.read(min(size, _SKIP_BYTES)))
            if not got:
                raise Damaged("it ends too early")
            size -= got


def _opened(file: IO[bytes]) -> tuple[str, IO[bytes]]:
    magic = file.read(6)
    file.seek(0)
    if magic.startswith(b"\x1f\x8b"):
        return "gzip", gzip.GzipFile(fileobj=file, mode="rb")  # type: ignore[return-value]
    if magic.startswith(b"\x28\xb5\x2f\xfd"):
        unpacker = zstandard.ZstdDecompressor()
        return "zstd", unpacker.stream_reader(file, read_across_frames=True)
    if magic.startswith(b"BZh"):
        return "bzip2", bz2.BZ2File(file)
    if magic.startswith(b"\xfd7zXZ\0"):
        return "xz", _Xz(file)  # type: ignore[return-value]
    return "", file


class _Xz:
    """Streams of xz, one after the other: Python's own reader of them knows no limit of memory."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._next()

    def _next(self, packed: bytes = b"") -> None:
        self._stream = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_BYTES)
        self._packed = packed

    def read(self, size: int) -> bytes:
        """At most as many bytes; none at the end. Raises LZMAError and EOFError."""
        while True:
            if self._stream.eof:
                # Zeros may stand between two streams, and behind the last.
                rest = self._stream.unused_data
                while not (rest := rest.lstrip(b"\0")):
                    if not (rest := self._file.read(_SKIP_BYTES)):
                        return b""
                self._next(rest)
            if self._stream.needs_input and not self._packed:
                self._packed = self._file.read(_SKIP_BYTES)
                if not self._packed:
                    raise EOFError("it ends too early")
            part = self._stream.decompress(self._packed, size)
            self._packed = b""
            if part:
                return part
