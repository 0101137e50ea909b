"""Tar streams that are made and read while they flow, with contents of any size."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Protocol, cast

BLOCK = 64 * 1024
"""Bytes per chunk."""
KEPT = 1024 * 1024
"""Contents of up to so many bytes are kept when a stream is read."""
SEAL = "seal"
"""Name of the last member of a sealed stream: the CRC of all contents before it."""
SEED_HEADER = "SIMULATED.seed"
ALTERED = "the contents were altered"
"""What a sealed stream is told to be when it is whole and not what was sent."""


class Broken(Exception):
    """The stream is not what was sent."""


@dataclass(frozen=True, slots=True)
class Blob:
    """Contents that are described instead of kept."""

    size: int
    seed: str

    def chunks(self) -> Iterator[bytes]:
        """The contents, the same every time."""
        block = hashlib.shake_128(self.seed.encode()).digest(BLOCK)
        left = self.size
        while left > 0:
            yield block[:left] if left < BLOCK else block
            left -= BLOCK


def tar_chunks(parts: Iterable[tuple[str, bytes | Blob]], *, seal: bool) -> Iterator[bytes]:
    """A tar stream of the parts; with a seal, damage to any name or content can be seen."""
    crc = 0
    for name, content in parts:
        yield _header(name, content)
        crc = zlib.crc32(name.encode(), crc)
        size = content.size if isinstance(content, Blob) else len(content)
        for chunk in content.chunks() if isinstance(content, Blob) else (content,):
            crc = zlib.crc32(chunk, crc)
            yield chunk
        yield bytes(-size % tarfile.BLOCKSIZE)
    if seal:
        text = f"{crc:08x}".encode()
        yield _header(SEAL, text) + text.ljust(tarfile.BLOCKSIZE, b"\0")
    yield bytes(2 * tarfile.BLOCKSIZE)


class Readable(Protocol):
    """What a tar stream is read from."""

    def read(self, size: int) -> bytes:
        """At most so many bytes; none at the end."""
        ...


def read_tar(stream: Readable, *, sealed: bool) -> Mapping[str, bytes | Blob]:
    """The members of a tar stream by name, read to its end. Raises Broken."""
    members: dict[str, bytes | Blob] = {}
    crc, seal = 0, b""
    try:
        with tarfile.open(fileobj=cast(IO[bytes], stream), mode="r|", bufsize=BLOCK) as tar:
            for info in tar:
                body = cast(IO[bytes], tar.extractfile(info)) if info.isreg() else io.BytesIO()
                kept = b""
                if info.name != SEAL:
                    crc = zlib.crc32(info.name.encode(errors="surrogateescape"), crc)
                while chunk := body.read(BLOCK):
                    if info.name != SEAL:
                        crc = zlib.crc32(chunk, crc)
                    if info.size <= KEPT:
                        kept += chunk
                if info.name == SEAL:
                    seal = kept
                elif info.isreg():
                    members[info.name] = _content(info, kept)
    except (tarfile.TarError, OSError, ValueError) as error:
        raise Broken(str(error)) from error
    if sealed and seal != f"{crc:08x}".encode():
        raise Broken("unexpected end of archive" if not seal else ALTERED)
    return members


def _content(info: tarfile.TarInfo, kept: bytes) -> bytes | Blob:
    seed = info.pax_headers.get(SEED_HEADER)
    if seed is not None or info.size > KEPT:
        return Blob(info.size, seed or info.name)
    return kept


def _header(name: str, content: bytes | Blob) -> bytes:
    info = tarfile.TarInfo(name)
    info.mode = 0o644
    if isinstance(content, Blob):
        info.size = content.size
        info.pax_headers = {SEED_HEADER: content.seed}
    else:
        info.size = len(content)
    return info.tobuf(tarfile.PAX_FORMAT)
