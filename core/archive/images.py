"""CRIU's images: a magic number, then records with their lengths, each a protocol buffer.

The magic numbers are from criu/include/magic.h, the fields' numbers from images/*.proto. Both have
been stable since CRIU 3.0; a `files.img` with all open files is there since then.
"""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from core.archive.inside import OpenFile, Socket, Statistics
from core.archive.wire import Damaged, Message, parse

_COMMON, _SERVICE = 0x54564319, 0x55105940
PSTREE, CORE, IDS, MM = 0x50273030, 0x55053847, 0x54432030, 0x57492820
FILES, FDINFO, FS, PAGEMAP = 0x56303138, 0x56213732, 0x51403912, 0x56084025
STATS = 0x57093306
PAGE_BYTES = 4096
_MOST_RECORDS = 500_000
_STATES = {1: "alive", 2: "zombie", 3: "stopped", 6: "zombie"}
_MACHINES = {1: "amd64", 2: "arm", 3: "arm64", 4: "ppc64le", 5: "s390x", 6: "mips64", 7: "loong64"}
_MACHINES[8] = "riscv64"
_TYPES = (
    *("UND", "REG", "PIPE", "FIFO", "INETSK", "UNIXSK", "EVENTFD", "EVENTPOLL", "INOTIFY"),
    *("SIGNALFD", "PACKETSK", "TTY", "FANOTIFY", "NETLINKSK", "NS", "TUNF", "EXT", "TIMERFD"),
    *("MEMFD", "BPFMAP", "PIDFD"),
)
_REG, _PIPE, _INET, _UNIX = 1, 2, 4, 5
_PIPE_FIELD = 18
_SOCKET_STATES = {1: "established", 7: "open", 10: "listening"}
_TCP, _UDP, _CLOSED = 6, 17, 7
_PRESENT, _PARENT = 4, 1


def records(data: bytes, magic: int) -> Iterator[Message]:
    """The records of an image. Raises Damaged."""
    if len(data) < 8:
        raise Damaged("it is too short")
    first, second = struct.unpack_from("<II", data)
    if first not in (_COMMON, _SERVICE) or second != magic:
        raise Damaged("it does not begin as such an image does")
    at = 8
    for _ in range(_MOST_RECORDS):
        if at == len(data):
            return
        if at + 4 > len(data):
            raise Damaged("it ends in the middle of a record")
        (size,) = struct.unpack_from("<I", data, at)
        at += 4
        if size > len(data) - at:
            raise Damaged("a record is longer than the image")
        yield parse(data[at : at + size])
        at += size
    raise Damaged("it has far too many records")


def only(data: bytes, magic: int) -> Message:
    """The first record of an image. Raises Damaged when there is none."""
    for record in records(data, magic):
        return record
    raise Damaged("it is empty")


@dataclass(frozen=True, slots=True)
class Task:
    """A process as `pstree.img` has it."""

    pid: int
    ppid: int
    threads: int


def tasks(data: bytes) -> list[Task]:
    """The process tree of `pstree.img`."""
    return [
        Task(record.number(1), record.number(2), len(record.numbers(5)))
        for record in records(data, PSTREE)
    ]


@dataclass(frozen=True, slots=True)
class Core:
    """What `core-PID.img` says of a process."""

    name: str
    state: str
    machine: str
    files_id: int | None
    """Which `fdinfo` image is its; older CRIUs say so in `ids-PID.img` alone."""


def core(data: bytes) -> Core:
    """Name and state of a process."""
    record = only(data, CORE)
    task, ids = record.message(3), record.message(4)
    return Core(
        name=task.text(6) if task else "",
        state=_STATES.get(task.number(1), "unknown") if task else "unknown",
        machine=_MACHINES.get(record.number(1), ""),
        files_id=ids.number(2) if ids else None,
    )


def files_id(data: bytes) -> int:
    """Which `fdinfo` image belongs to the process of an `ids` image."""
    return only(data, IDS).number(2)


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a process's memory, as addresses."""

    start: int
    end: int


def argument_spans(data: bytes) -> tuple[Span, Span]:
    """Where an `mm` image says that arguments and environment are."""
    record = only(data, MM)
    return Span(record.number(8), record.number(9)), Span(record.number(10), record.number(11))


@dataclass(frozen=True, slots=True)
class Region:
    """Pages of a process that follow one another; `offset` in its `pages` image, -1 for none."""

    start: int
    pages: int
    offset: int


def pagemap(data: bytes) -> tuple[int, Iterator[Region]]:
    """The ID of its `pages` image, and the regions of a `pagemap` image. Raises Damaged.

    Whether an entry's pages are in that image: `in_parent` and `flags` (criu/pagemap.c). The number
    of pages is in field 5 since CRIU 4.2, in field 2 before.
    """
    found = records(data, PAGEMAP)
    head = next(found, None)
    if head is None:
        raise Damaged("it is empty")
    return head.number(1), _regions(found)


def _regions(entries: Iterator[Message]) -> Iterator[Region]:
    offset = 0
    for entry in entries:
        pages = entry.number(5) if 5 in entry.fields else entry.number(2)
        flags = entry.number(4, _PARENT if entry.number(3) else _PRESENT)
        here = bool(flags & _PRESENT) and not flags & _PARENT
        yield Region(entry.number(1), pages, offset if here else -1)
        offset += pages * PAGE_BYTES if here else 0


def folder_id(data: bytes) -> int:
    """Which file of `files.img` is the working directory of an `fs` image."""
    return only(data, FS).number(1)


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A file descriptor of an `fdinfo` image."""

    fd: int
    type: int
    id: int


def descriptors(data: bytes) -> list[Descriptor]:
    """All of an `fdinfo` image."""
    return [
        Descriptor(fd=record.number(4), type=record.number(3), id=record.number(1))
        for record in records(data, FDINFO)
    ]


def files(data: bytes) -> dict[int, Message]:
    """The entries of `files.img` by ID."""
    return {record.number(2): record for record in records(data, FILES)}


def open_file(descriptor: Descriptor, file: Message | None) -> OpenFile:
    """What a descriptor stands for."""
    kind = descriptor.type
    name = _TYPES[kind] if 0 <= kind < len(_TYPES) else str(kind)
    path = f"{name}[{descriptor.id}]".lower()
    if file and kind == _PIPE and (pipe := file.message(_PIPE_FIELD)):
        path = f"pipe[{pipe.number(2)}]"
    elif file and (found := path_of(file)):
        path = found
    return OpenFile(descriptor.fd, name, path)


def path_of(file: Message) -> str:
    """The path of a regular file or folder, or else an empty text."""
    regular = file.message(3)
    return regular.text(6) if regular else ""


def socket(descriptor: Descriptor, file: Message | None) -> Socket | None:
    """The socket that a descriptor stands for, if it is one."""
    if file and descriptor.type == _INET and (inet := file.message(4)):
        return _inet(descriptor.fd, inet)
    if file and descriptor.type == _UNIX and (unix := file.message(16)):
        return Socket(
            fd=descriptor.fd,
            protocol="unix",
            state=_SOCKET_STATES.get(unix.number(4), "closing"),
            local=_unix_name(unix.data(11)),
        )
    return None


def _inet(fd: int, inet: Message) -> Socket:
    number, state = inet.number(5), inet.number(6)
    protocol = {_TCP: "tcp", _UDP: "udp"}.get(number, f"ip protocol {number}")
    told = _SOCKET_STATES.get(state, "closing")
    remote = _address(inet.numbers(12), inet.number(8)) if told == "established" else ""
    return Socket(fd, protocol, told, _address(inet.numbers(11), inet.number(7)), remote)


def _address(words: list[int], port: int) -> str:
    """Words of 32 bits as they lie in memory."""
    if len(words) not in (1, 4):
        return f"?:{port}"
    data = struct.pack(f"<{len(words)}I", *(word & 0xFFFFFFFF for word in words))
    address = ipaddress.ip_address(data)
    return f"[{address}]:{port}" if address.version == 6 else f"{address}:{port}"


def _unix_name(name: bytes) -> str:
    text = name.rstrip(b"\0").decode(errors="surrogateescape")
    return f"@{text[1:]}" if text.startswith("\0") else text


def statistics(data: bytes) -> Statistics | None:
    """What CRIU measured, from `stats-dump`."""
    dump = only(data, STATS).message(1)
    if dump is None:
        return None
    return Statistics(
        freezing_us=dump.number(1),
        frozen_us=dump.number(2),
        memdump_us=dump.number(3),
        memwrite_us=dump.number(4),
        pages_scanned=dump.number(5),
        pages_written=dump.number(7),
    )
