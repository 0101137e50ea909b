"""The entries of a tar, streaming, with bounds on all that a header can claim.

Python's own reader takes an extended header into memory whatever its size, and takes damage for
the end; its headers (TarInfo) are used. Several tars may follow one another, as Podferry's do.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass

from core.archive.unpacking import Source
from core.archive.wire import Damaged

_BLOCK = tarfile.BLOCKSIZE
_MOST_EXTRA_BYTES = 1024 * 1024
"""Of an extended header or a long name: Linux takes paths of 4 KiB and xattrs of 64 KiB."""
_MOST_EXTRAS = 8
_MOST_SPARSE_BLOCKS = 4096
_MOST_ZERO_BLOCKS = 4096
"""Between tars: one that fills records of the largest size has a few hundred."""
_MOST_ENTRIES = 200_000
_MOST_SIZE = 2**62
_NO_DATA = b"123456"
"""Types of entries without data: links, devices, folders, FIFOs."""


@dataclass(slots=True)
class Entry:
    """One entry, whose data can be read until the next is asked for."""

    name: str
    type: bytes
    """Tar's type: tarfile.REGTYPE and so on."""
    link: str
    size: int
    """Of its data in the tar."""
    real_size: int
    """Of the file, which may have holes."""
    made_s: int
    _source: Source
    left: int
    """Of its data, still to be read."""

    def read(self, size: int) -> bytes:
        """See Source."""
        data = self._source.read(min(size, self.left))
        if len(data) < min(size, self.left):
            raise Damaged("it ends too early")
        self.left -= len(data)
        return data

    def skip(self, size: int) -> None:
        """See Source."""
        if size > self.left:
            raise Damaged("a tar inside ends too early")
        self._source.skip(size)
        self.left -= size

    @property
    def is_file(self) -> bool:
        """Whether it has contents."""
        return self.type[0] not in _NO_DATA


def entries(source: Source) -> Iterator[Entry]:
    """All entries, to the end of the source. Raises Damaged."""
    zeros = found = 0
    while block := source.read(_BLOCK):
        if len(block) < _BLOCK:
            raise Damaged("it ends too early")
        if not any(block):
            zeros += 1
            if zeros > _MOST_ZERO_BLOCKS:
                raise Damaged("nothing but zeros follows")
            continue
        zeros, found = 0, found + 1
        if found > _MOST_ENTRIES:
            raise Damaged(f"it has more than {_MOST_ENTRIES} entries")
        entry = _entry(source, block)
        yield entry
        entry.skip(entry.left)
        source.skip(-entry.size % _BLOCK)
    if not zeros:
        raise Damaged("it has no end" if found else "it is empty")


def _entry(source: Source, block: bytes) -> Entry:
    extra: dict[str, str] = {}
    info = _header(block)
    for _ in range(_MOST_EXTRAS):
        if info.type in (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE):
            extra |= _records(_extra(source, info))
        elif info.type == tarfile.XGLTYPE:
            _extra(source, info)
        elif info.type == tarfile.GNUTYPE_LONGNAME:
            extra["path"] = _text(_extra(source, info).rstrip(b"\0"))
        elif info.type == tarfile.GNUTYPE_LONGLINK:
            extra["linkpath"] = _text(_extra(source, info).rstrip(b"\0"))
        else:
            return _with(source, info, block, extra)
        block = source.read(_BLOCK)
        if len(block) < _BLOCK:
            raise Damaged("it ends too early")
        info = _header(block)
    raise Damaged("an entry has far too many headers")


def _with(source: Source, info: tarfile.TarInfo, block: bytes, extra: dict[str, str]) -> Entry:
    size = (
        0
        if info.type in (bytes([kind]) for kind in _NO_DATA)
        else _number(extra, "size", info.size)
    )
    real = _number(extra, "GNU.sparse.realsize", _number(extra, "GNU.sparse.size", size))
    if info.type == tarfile.GNUTYPE_SPARSE:
        real = _octal(block[483:495])
        _skip_sparse_map(source, more=bool(block[482]))
    return Entry(
        name=extra.get("GNU.sparse.name") or extra.get("path") or info.name,
        type=info.type,
        link=extra.get("linkpath") or info.linkname,
        size=size,
        real_size=real,
        made_s=int(info.mtime),
        _source=source,
        left=size,
    )


def _skip_sparse_map(source: Source, *, more: bool) -> None:
    for _ in range(_MOST_SPARSE_BLOCKS):
        if not more:
            return
        block = source.read(_BLOCK)
        if len(block) < _BLOCK:
            raise Damaged("it ends too early")
        more = bool(block[504])
    raise Damaged("a file has far too many holes")


def _header(block: bytes) -> tarfile.TarInfo:
    try:
        info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except (tarfile.HeaderError, ValueError, OverflowError):
        raise Damaged("there is no tar header where one ought to be") from None
    _checked(info.size)
    return info


def _extra(source: Source, info: tarfile.TarInfo) -> bytes:
    if info.size > _MOST_EXTRA_BYTES:
        raise Damaged("a header of it is far too large")
    data = source.read(info.size)
    if len(data) < info.size:
        raise Damaged("it ends too early")
    source.skip(-info.size % _BLOCK)
    return data


def _records(data: bytes) -> dict[str, str]:
    """What an extended header holds: records of a length, a key and a value (pax(1))."""
    found = {}
    at = 0
    while at < len(data) and data[at] != 0:
        digits, space, _ = data[at : at + 20].partition(b" ")
        length = int(digits) if space and digits.isdigit() else 0
        record = data[at : at + length]
        key, equals, value = record[len(digits) + 1 : -1].partition(b"=")
        if not equals or len(record) < length or not record.endswith(b"\n"):
            raise Damaged("an extended header of it is damaged")
        found[_text(key)] = _text(value)
        at += length
    return found


def _number(extra: dict[str, str], key: str, default: int) -> int:
    text = extra.get(key)
    if text is None:
        return _checked(default)
    if not text.isascii() or not text.isdigit() or len(text) > 19:
        raise Damaged("an extended header of it is damaged")
    return _checked(int(text))


def _checked(size: int) -> int:
    if not 0 <= size <= _MOST_SIZE:
        raise Damaged("an entry has an absurd size")
    return size


def _octal(data: bytes) -> int:
    try:
        return _checked(int(data.strip(b"\0 ") or b"0", 8))
    except ValueError:
        raise Damaged("an entry has an absurd size") from None


def _text(data: bytes) -> str:
    return data.decode(errors="surrogateescape")
