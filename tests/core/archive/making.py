"""Checkpoint archives made by hand, to the last byte: as Podman writes them, and as nobody should.

The layout is that of `podman container checkpoint --export` (libpod, container_internal_common.go):
the same since 3.1, when zstd and volumes came; CRIU's images as CRIU 3.17 writes them.
"""

from __future__ import annotations

import gzip
import io
import json
import lzma
import struct
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import zstandard

COMMON, SERVICE = 0x54564319, 0x55105940
PSTREE, CORE, IDS, MM = 0x50273030, 0x55053847, 0x54432030, 0x57492820
FILES, FDINFO, FS, PAGEMAP = 0x56303138, 0x56213732, 0x51403912, 0x56084025
STATS = 0x57093306
STACK = 0x7FFC_0000_0000

Value = int | bytes | str


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def message(*fields: tuple[int, Value]) -> bytes:
    """A protocol buffer."""
    out = b""
    for number, value in fields:
        if isinstance(value, int):
            out += varint(number << 3) + varint(value)
        else:
            data = value.encode() if isinstance(value, str) else value
            out += varint(number << 3 | 2) + varint(len(data)) + data
    return out


def image(magic: int, *records: bytes, first: int = COMMON) -> bytes:
    """One of CRIU's images."""
    body = b"".join(struct.pack("<I", len(record)) + record for record in records)
    return struct.pack("<II", first, magic) + body


def task(pid: int, ppid: int, threads: Iterable[int] = ()) -> bytes:
    own = [(5, thread) for thread in (threads or [pid])]
    return message((1, pid), (2, ppid), (3, pid), (4, pid), *own)


def core(name: str, state: int = 1) -> bytes:
    body = message((1, state), (2, 0), (3, 0), (4, 0), (5, 0), (6, name))
    return image(CORE, message((1, 1), (3, body), (4, message((1, 1), (2, 2), (3, 3), (4, 4)))))


def pages(
    pages_id: int, *arguments: bytes, environment: Iterable[bytes] = ()
) -> tuple[bytes, bytes, bytes]:
    """`mm`, `pagemap` (as before CRIU 4.2) and `pages` images of a process with a small stack."""
    called = b"".join(part + b"\0" for part in arguments)
    variables = b"".join(part + b"\0" for part in environment)
    start = STACK + 4000  # On two pages.
    spans = [(8, start), (9, start + len(called))]
    spans += [(10, start + len(called)), (11, start + len(called) + len(variables))]
    head = [(number, 0) for number in range(1, 8)]
    mm = image(MM, message(*head, *spans, (12, 1)))
    regions = [
        message((1, 0x400000), (2, 1), (4, 4)),
        message((1, STACK), (2, 2)),  # Without flags, as CRIU 3.0 wrote it.
    ]
    pagemap = image(PAGEMAP, message((1, pages_id)), *regions)
    stack = (b"\xee" * 4000 + called + variables).ljust(8192, b"\xee")
    return mm, pagemap, b"\xcc" * 4096 + stack


def address(text: str) -> int:
    return int.from_bytes(bytes(int(part) for part in text.split(".")), "little")


OWNER = message(*((number, 0) for number in range(1, 6)))
OPTIONS = message(*((number, 4096) for number in range(1, 7)))


def files() -> bytes:
    """Files, a pipe, TCP and UDP sockets, a listening and an abstract Unix socket."""

    def reg(number: int, name: str) -> bytes:
        body = message((1, number), (2, 0), (3, 0), (5, OWNER), (6, name))
        return message((1, 1), (2, number), (3, body))

    def inet(number: int, *fields: tuple[int, Value]) -> bytes:
        end: list[tuple[int, Value]] = [(9, 0), (10, 0), (13, OWNER), (14, OPTIONS)]
        return message((1, 4), (2, number), (4, message((1, number), (2, number), *fields, *end)))

    def unix(number: int, kind: int, state: int, name: bytes) -> bytes:
        start = [(1, number), (2, number), (3, kind), (4, state), (5, 0), (6, 0), (7, 0), (8, 0)]
        body = message(*start, (9, OWNER), (10, OPTIONS), (11, name))
        return message((1, 5), (2, number), (16, body))

    tcp, udp = [(3, 2), (4, 1), (5, 6)], [(3, 10), (4, 2), (5, 17)]
    ends = [(11, address("10.88.0.2")), (12, address("10.88.0.1"))]
    any_6 = [(number, word) for number in (11, 12) for word in (0, 0, 0, 1 << 24)]
    return image(
        FILES,
        reg(1, "/dev/null"),
        message((1, 2), (2, 2), (18, message((1, 2), (2, 77), (3, 0), (4, OWNER)))),
        reg(3, "/l"),
        inet(4, *tcp, (6, 10), (7, 8088), (8, 0), (11, 0), (12, 0)),
        inet(5, *tcp, (6, 1), (7, 8088), (8, 40000), *ends),
        inet(6, *udp, (6, 7), (7, 53), (8, 0), *any_6),
        unix(7, 1, 10, b"/run/s\0"),
        unix(8, 2, 7, b"\0abstract"),
    )


def fdinfo() -> bytes:
    kinds = {1: 1, 2: 2, 3: 1, 4: 4, 5: 4, 6: 4, 7: 5, 8: 5}
    return image(FDINFO, *(message((1, i), (2, 0), (3, kinds[i]), (4, i - 1)) for i in kinds))


CONFIG: dict[str, Any] = {
    "id": "ab" * 32,
    "name": "web",
    "rootfsImageID": "cd" * 32,
    "rootfsImageName": "localhost/web:latest",
    "runtime": "runc",
    "command": ["/bin/web", "--password", "hunter2"],
    "createdTime": "2024-01-02T03:04:05.678Z",
    "Dependencies": None,
    "namedVolumes": [{"volumeName": "data", "dest": "/data", "options": ["rw"]}],
    "newPortMappings": [
        {"host_ip": "", "container_port": 80, "host_port": 8080, "range": 1, "protocol": "tcp"},
        {
            "host_ip": "::1",
            "container_port": 5000,
            "host_port": 6000,
            "range": 3,
            "protocol": "udp",
        },
    ],
    "newNetworks": {"podman": {"interface_name": "eth0"}},
}
SPEC: dict[str, Any] = {
    "ociVersion": "1.0.2",
    "annotations": {"io.container.manager": "libpod"},
    "process": {"args": ["/bin/web"], "env": ["PATH=/bin", "SECRET=hunter2"]},
    "mounts": [
        {"destination": "/proc", "type": "proc", "source": "proc"},
        {"destination": "/srv", "type": "bind", "source": "/srv/web"},
    ],
}
STATUS: dict[str, Any] = {
    "podman": {
        "interfaces": {
            "eth0": {
                "subnets": [{"ipnet": "10.88.0.2/16", "gateway": "10.88.0.1"}],
                "mac_address": "9e:9a:56:bf:d8:a4",
            }
        }
    }
}


def tar(entries: Mapping[str, bytes], extra: Iterable[tuple[tarfile.TarInfo, bytes]] = ()) -> bytes:
    """A tar of files, of folders where a name ends with a slash, and of whatever else."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as made:
        for name, data in entries.items():
            if name.endswith("/"):
                made.addfile(entry(name, tarfile.DIRTYPE))
                continue
            made.addfile(entry(name, size=len(data)), io.BytesIO(data))
        for info, data in extra:
            made.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def entry(
    name: str, kind: bytes = tarfile.REGTYPE, *, size: int = 0, link: str = ""
) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.size, info.linkname, info.mtime = kind, size, link, 1_700_000_000
    return info


def contents() -> dict[str, bytes]:
    """The entries of an archive, in Podman's order."""
    mm, pagemap, memory = pages(1, b"/bin/web", b"--token", b"abc", environment=[b"A=1", b"B=2"])
    mm_7, pagemap_7, memory_7 = pages(2, b"worker", b"-n")
    diff = tar({"etc/app.conf": b"x" * 5, "tmp/new": b""}, [(entry("tmp", tarfile.DIRTYPE), b"")])
    stats = message((1, 100), (2, 200), (3, 30), (4, 4), (5, 50), (6, 0), (7, 3), (9, 0))
    return {
        "config.dump": json.dumps(CONFIG).encode(),
        "spec.dump": json.dumps(SPEC).encode(),
        "network.status": json.dumps(STATUS).encode(),
        "stats-dump": image(STATS, message((1, stats)), first=SERVICE),
        "checkpoint/": b"",
        "checkpoint/core-1.img": core("web"),
        "checkpoint/core-7.img": core("wörker", 3),
        "checkpoint/fdinfo-2.img": fdinfo(),
        "checkpoint/files.img": files(),
        "checkpoint/fs-1.img": image(FS, message((1, 3), (2, 3), (3, 18))),
        "checkpoint/fs-7.img": image(FS, message((1, 3), (2, 3), (3, 18))),
        "checkpoint/ids-1.img": image(IDS, message((1, 1), (2, 2), (3, 3), (4, 4))),
        "checkpoint/ids-7.img": image(IDS, message((1, 1), (2, 2), (3, 3), (4, 4))),
        "checkpoint/mm-1.img": mm,
        "checkpoint/mm-7.img": mm_7,
        "checkpoint/pagemap-1.img": pagemap,
        "checkpoint/pagemap-7.img": pagemap_7,
        "checkpoint/pages-1.img": memory,
        "checkpoint/pages-2.img": memory_7,
        "checkpoint/pstree.img": image(PSTREE, task(7, 1, (7, 8)), task(1, 0)),
        "rootfs-diff.tar": diff,
        "deleted.files": b'["/etc/gone"]',
        "volumes/data.tar": tar({"a": b"1"}),
    }


def packed(data: bytes, packing: str) -> bytes:
    match packing:
        case "gzip":
            return gzip.compress(data, 1)
        case "zstd":
            return zstandard.compress(data, 1)
        case "xz":
            # Two streams, and padding, as `cat` of two files gives.
            half = len(data) // 2
            return lzma.compress(data[:half]) + bytes(8) + lzma.compress(data[half:]) + bytes(4)
        case _:
            return data


def write(path: Path, data: bytes | None = None, packing: str = "") -> Path:
    """An archive as a file."""
    path.write_bytes(packed(tar(contents()) if data is None else data, packing))
    return path
