"""Archives that are damaged, or made to do harm: a name, how it is made, what has to be said."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import random
import struct
import tarfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import zstandard

from tests.core.archive.making import (
    CONFIG,
    CORE,
    FDINFO,
    FILES,
    MM,
    PAGEMAP,
    PSTREE,
    STACK,
    contents,
    entry,
    image,
    message,
    packed,
    tar,
    task,
    varint,
)

REFUSED, NOTED = "refused", "noted"
MIB = 2**20


@dataclass(frozen=True)
class Case:
    """An archive, and what becomes of it."""

    make: Callable[[], bytes]
    end: str
    says: str
    """A part of the words."""


def whole(**changes: bytes | None) -> bytes:
    """A good archive with entries of other bytes, or without them."""
    found = contents()
    for key, data in changes.items():
        name = NAMES[key]
        found.pop(name, None)
        if data is not None:
            # Where it was: what is read depends on the order.
            found = {**_before(contents(), name, found), name: data, **found}
    return tar(found)


def _before(order: dict[str, bytes], name: str, found: dict[str, bytes]) -> dict[str, bytes]:
    head = {}
    for each in order:
        if each == name:
            break
        if each in found:
            head[each] = found[each]
    return head


NAMES = {
    "config": "config.dump",
    "spec": "spec.dump",
    "network": "network.status",
    "stats": "stats-dump",
    "core": "checkpoint/core-1.img",
    "fdinfo": "checkpoint/fdinfo-2.img",
    "files": "checkpoint/files.img",
    "mm": "checkpoint/mm-1.img",
    "pagemap": "checkpoint/pagemap-1.img",
    "pages": "checkpoint/pages-1.img",
    "pstree": "checkpoint/pstree.img",
    "diff": "rootfs-diff.tar",
    "deleted": "deleted.files",
}


def plus(name: str, kind: bytes = tarfile.REGTYPE, data: bytes = b"", link: str = "") -> bytes:
    """A good archive with one entry more."""
    return tar(contents(), [(entry(name, kind, size=len(data), link=link), data)])


def header(name: str, size: int, kind: bytes = tarfile.REGTYPE) -> bytes:
    """A header that claims a size, without the data."""
    return entry(name, kind, size=size).tobuf(tarfile.GNU_FORMAT)


def at_front(data: bytes) -> bytes:
    return data + tar(contents())


def config(**changes: object) -> bytes:
    return json.dumps({**CONFIG, **changes}).encode()


def pax(body: bytes) -> bytes:
    padded = body + bytes(-len(body) % 512)
    return header("x", len(body), tarfile.XHDTYPE) + padded


def flipped(seed: int) -> bytes:
    data = bytearray(tar(contents()))
    chance = random.Random(seed)  # noqa: S311 # The same damage each time.
    at = chance.randrange(len(data) // 512) * 512 + chance.randrange(100)
    for offset in range(at, min(at + 40, len(data))):
        data[offset] ^= 1 << chance.randrange(8)
    return bytes(data)


def noise(size: int) -> bytes:
    return random.Random(size).randbytes(size)  # noqa: S311


def zstd_bomb() -> bytes:
    """64 GiB of zeros, in some MiB."""
    maker = zstandard.ZstdCompressor(level=1)
    block = maker.compress(bytes(256 * MIB))
    return packed(header("checkpoint/pages-1.img", 64 * 2**30), "zstd") + block * 256


def gzip_bomb() -> bytes:
    """Members of 256 MiB of zeros, one after the other."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = b"".join(deflate.compress(bytes(MIB)) for _ in range(256)) + deflate.flush()
    return gzip.compress(header("checkpoint/pages-1.img", 64 * 2**30)) + block * 8


def xz_bomb() -> bytes:
    """Streams of 256 MiB of zeros, one after the other."""
    block = lzma.compress(bytes(256 * MIB), preset=0)
    return lzma.compress(header("checkpoint/pages-1.img", 64 * 2**30)) + block * 32


def greedy_xz() -> bytes:
    """The smallest archive, whose unpacking takes a dictionary of its maker's choice."""
    small = lzma.compress(GOOD, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": MIB}])
    # The block header: size, flags, filter ID, size of properties, dictionary's size; then a CRC.
    block = bytearray(small[12:24])
    assert block[2:4] == b"\x21\x01"
    block[4] = 37
    block[8:12] = zlib.crc32(bytes(block[:8])).to_bytes(4, "little")
    return small[:12] + bytes(block) + small[24:]


def many_entries() -> bytes:
    one = header("checkpoint/x", 0)
    return packed(one * 250_000, "zstd")


def many_files() -> bytes:
    """Of a writable layer that is read as far as a limit."""
    return header("etc/x", 0) * 250_000 + bytes(1024)


def sparse(blocks: int) -> bytes:
    """An old GNU header for a file with holes, whose list of them goes on and on."""
    first = bytearray(header("checkpoint/x", 0, tarfile.GNUTYPE_SPARSE))
    first[257:265] = b"ustar  \0"
    first[386:483] = b"0" * 97
    first[482] = 1
    first[148:156] = b" " * 8
    first[148:156] = b"%06o\0 " % sum(first)
    more = bytearray(b"0" * 512)
    more[504] = 1
    return bytes(first) + bytes(more) * blocks


def shared_descriptors() -> bytes:
    """Many processes that share one long list of open files."""
    files = image(FDINFO, *(message((1, 1), (3, 1), (4, n)) for n in range(20_000)))
    found = contents() | {"checkpoint/fdinfo-2.img": files}
    core = found["checkpoint/core-1.img"]
    found["checkpoint/pstree.img"] = image(PSTREE, *(task(n, 0) for n in range(1, 2000)))
    return tar({f"checkpoint/core-{n}.img": core for n in range(2, 2000)} | found)


def long_arguments() -> bytes:
    """A command line that a mask of secrets takes long to look through."""
    words = b"passwd" * 40_000
    start = STACK
    mm = image(MM, message((8, start), (9, start + len(words)), (10, 0), (11, 0)))
    pagemap = image(PAGEMAP, message((1, 1)), message((1, start), (2, 0), (4, 4), (5, 64)))
    return whole(mm=mm, pagemap=pagemap, pages=words.ljust(64 * 4096, b"-"))


def mad_spans() -> bytes:
    mm = image(MM, message((8, 0), (9, 2**64 - 1), (10, 5), (11, 2**64 - 1)))
    pagemap = image(PAGEMAP, message((1, 1)), message((1, 0), (2, 0), (4, 4), (5, 2**63)))
    return whole(mm=mm, pagemap=pagemap)


GOOD = tar(contents())


def _cut(tenths: int) -> Case:
    size = len(GOOD) * tenths // 10 // 512 * 512 + 100
    return Case(lambda: GOOD[:size], REFUSED, "ends too early")


def _flipped(seed: int) -> Case:
    return Case(lambda: flipped(seed), "", "")


CASES: dict[str, Case] = {
    **{f"cut after {tenth} tenths": _cut(tenth) for tenth in range(1, 8)},
    "empty": Case(lambda: b"", REFUSED, "it is empty"),
    "one byte": Case(lambda: b"x", REFUSED, "ends too early"),
    "cut before its end": Case(lambda: GOOD.rstrip(b"\0")[:-512] + bytes(0), REFUSED, "ends"),
    "zeros": Case(lambda: bytes(MIB), REFUSED, "no configuration"),
    "endless zeros": Case(lambda: packed(bytes(256 * MIB), "zstd"), REFUSED, "zeros"),
    "noise": Case(lambda: noise(100_000), REFUSED, "no tar header"),
    "noise behind it": Case(lambda: GOOD + noise(4096), REFUSED, "no tar header"),
    "a text": Case(lambda: b"# Notes\n" * 1000, REFUSED, "no tar header"),
    "an empty tar": Case(lambda: tar({}), REFUSED, "no configuration"),
    "another tar": Case(lambda: tar({"hello": b"x"}), REFUSED, "no configuration"),
    "cut gzip": Case(lambda: packed(GOOD, "gzip")[:-900], REFUSED, "gzip"),
    "gzip with other bytes": Case(
        lambda: packed(GOOD, "gzip")[:500] + noise(64) + packed(GOOD, "gzip")[564:], REFUSED, "gzip"
    ),
    "gzip of noise": Case(lambda: b"\x1f\x8b" + noise(5000), REFUSED, "gzip"),
    "cut zstd": Case(lambda: packed(GOOD, "zstd")[:-900], REFUSED, "it is empty"),
    "zstd of noise": Case(lambda: b"\x28\xb5\x2f\xfd" + noise(5000), REFUSED, "zstd"),
    "zstd with a huge window": Case(
        lambda: b"\x28\xb5\x2f\xfd\x00\xf8" + noise(5000), REFUSED, "zstd"
    ),
    "bzip2 of noise": Case(lambda: b"BZh9" + noise(5000), REFUSED, "bzip2"),
    "cut bzip2": Case(lambda: bz2.compress(GOOD)[:-300], REFUSED, "bzip2"),
    "xz of noise": Case(lambda: b"\xfd7zXZ\0" + noise(5000), REFUSED, "xz"),
    "cut xz": Case(lambda: lzma.compress(GOOD)[:-300], REFUSED, "xz"),
    "xz and then noise": Case(lambda: lzma.compress(GOOD[:2048]) + noise(5000), REFUSED, "xz"),
    "an xz bomb": Case(xz_bomb, REFUSED, "times its size"),
    "xz that asks for 1.5 GiB of memory": Case(greedy_xz, REFUSED, "xz cannot be read"),
    "a zstd bomb": Case(zstd_bomb, REFUSED, "times its size"),
    "a gzip bomb": Case(gzip_bomb, REFUSED, "times its size"),
    "a climbing name": Case(lambda: plus("../../etc/passwd"), REFUSED, "leads out"),
    "a climbing name inside": Case(lambda: plus("checkpoint/../../x"), REFUSED, "leads out"),
    "an absolute name": Case(lambda: plus("/etc/passwd"), REFUSED, "leads out"),
    "a symlink": Case(
        lambda: plus("config", tarfile.SYMTYPE, link="/etc/shadow"), REFUSED, "a symlink"
    ),
    "pages that are a link elsewhere": Case(
        lambda: plus("checkpoint/pages-9.img", tarfile.SYMTYPE, link="/etc/shadow"),
        REFUSED,
        "a symlink",
    ),
    "a hard link": Case(lambda: plus("x", tarfile.LNKTYPE, link="/etc/shadow"), REFUSED, "a link"),
    "a device": Case(lambda: plus("sda", tarfile.BLKTYPE), REFUSED, "device"),
    "a pipe": Case(lambda: plus("p", tarfile.FIFOTYPE), REFUSED, "pipe"),
    "a name with escapes": Case(lambda: plus("../\x1b[2J"), REFUSED, r"\x1b"),
    "a size beyond the end": Case(lambda: at_front(header("a", 2**40)), REFUSED, "ends too early"),
    "an absurd size": Case(lambda: at_front(header("a", 2**80)), REFUSED, "absurd size"),
    "a negative size": Case(
        lambda: at_front(header("a", 0)[:124] + b"\xff" * 12 + header("a", 0)[136:]),
        REFUSED,
        "no tar header",
    ),
    "a huge extended header": Case(
        lambda: at_front(header("x", 2**33, tarfile.XHDTYPE)), REFUSED, "far too large"
    ),
    "a huge long name": Case(
        lambda: at_front(header("x", 2**33, tarfile.GNUTYPE_LONGNAME)), REFUSED, "far too large"
    ),
    "an extended header with an absurd size": Case(
        lambda: at_front(pax(b"30 size=99999999999999999999\n") + header("a", 0)),
        REFUSED,
        "extended header",
    ),
    "an extended header of noise": Case(
        lambda: at_front(pax(noise(600)) + header("a", 0)), REFUSED, "extended header"
    ),
    "an extended header with lengths of none": Case(
        lambda: at_front(pax(b"0 a=b\n" * 50) + header("a", 0)), REFUSED, "extended header"
    ),
    "headers upon headers": Case(
        lambda: at_front(pax(b"6 a=b\n") * 5000 + header("a", 0)), REFUSED, "too many headers"
    ),
    "endless holes": Case(lambda: at_front(sparse(100_000)), REFUSED, "too many holes"),
    "endless entries": Case(many_entries, REFUSED, "more than 200000 entries"),
    "no configuration": Case(lambda: whole(config=None), REFUSED, "no configuration"),
    "two configurations": Case(
        lambda: plus("config.dump", data=config(name="other")), REFUSED, "twice"
    ),
    "a configuration that is cut": Case(lambda: whole(config=config()[:-9]), REFUSED, "truncated"),
    "a configuration of NaN": Case(lambda: whole(config=b'{"id":NaN}'), REFUSED, "JSON"),
    "a configuration with a number for a name": Case(
        lambda: whole(config=config(name=7)), REFUSED, "Expected `str`"
    ),
    "a configuration that is a list": Case(
        lambda: whole(config=b"[]"), REFUSED, "Expected `object`"
    ),
    "a configuration with volumes of numbers": Case(
        lambda: whole(config=config(namedVolumes=[1])), REFUSED, "Expected `object`"
    ),
    "a configuration nested without end": Case(
        lambda: whole(config=b'{"networks":' + b"[" * 500_000), REFUSED, ""
    ),
    "a configuration of many MiB": Case(
        lambda: whole(config=config(labels="x" * 20 * MIB)), REFUSED, "no configuration"
    ),
    "a command of many MiB": Case(lambda: whole(config=config(command=["-" * 8 * MIB])), NOTED, ""),
    "a specification nested without end": Case(
        lambda: whole(spec=b'{"process":' * 200_000), NOTED, "spec.dump cannot be read"
    ),
    "deleted files that are numbers": Case(
        lambda: whole(deleted=b"[1]"), NOTED, "deleted.files cannot be read"
    ),
    "a network of the wrong type": Case(
        lambda: whole(network=b'{"a":{"interfaces":[]}}'), NOTED, "network.status cannot be read"
    ),
    "a layer of noise": Case(lambda: whole(diff=noise(5000)), NOTED, "rootfs-diff.tar cannot"),
    "a layer that is cut": Case(
        lambda: whole(diff=tar({"a": bytes(5000)})[:3000]), NOTED, "rootfs-diff.tar cannot"
    ),
    "a layer with a size beyond it": Case(
        lambda: whole(diff=header("a", 2**40) + bytes(1024)), NOTED, "rootfs-diff.tar cannot"
    ),
    "a layer of endless entries": Case(
        lambda: packed(whole(diff=many_files()), "zstd"), NOTED, "more than 200000"
    ),
    "an image of noise": Case(lambda: whole(core=noise(900)), NOTED, "core-1.img cannot"),
    "an image of another kind": Case(
        lambda: whole(core=image(MM, b"")), NOTED, "does not begin as such"
    ),
    "an image without records": Case(lambda: whole(core=image(CORE)), NOTED, "it is empty"),
    "an image with an absurd length": Case(
        lambda: whole(pstree=image(PSTREE) + struct.pack("<I", 2**32 - 1)),
        NOTED,
        "longer than the image",
    ),
    "a record with an absurd length": Case(
        lambda: whole(pstree=image(PSTREE, varint(1 << 3 | 2) + varint(2**60))),
        NOTED,
        "longer than its record",
    ),
    "a number without end": Case(
        lambda: whole(pstree=image(PSTREE, b"\x08" + b"\xff" * 50)), NOTED, "too long"
    ),
    "a name that is a number": Case(
        lambda: whole(core=image(CORE, message((3, message((6, 5)))))), NOTED, "is a number"
    ),
    "a group, which nobody uses any more": Case(
        lambda: whole(files=image(FILES, b"\x0b\x0c")), NOTED, "which there is not"
    ),
    "messages nested without end": Case(
        lambda: whole(files=image(FILES, message((2, 1), (3, b"\x1a\x7f" * 50_000)))), NOTED, ""
    ),
    "a process that is its own parent": Case(
        lambda: whole(pstree=image(PSTREE, task(1, 1))), NOTED, "their own parents"
    ),
    "processes in a circle": Case(
        lambda: whole(pstree=image(PSTREE, task(1, 7), task(7, 1))), NOTED, "their own parents"
    ),
    "a process twice": Case(
        lambda: whole(pstree=image(PSTREE, task(1, 0), task(1, 0))), NOTED, "twice there"
    ),
    "a family line without end": Case(
        lambda: whole(pstree=image(PSTREE, *(task(n, n - 1) for n in range(1, 50_000)))), NOTED, ""
    ),
    "empty records without end": Case(
        lambda: whole(pstree=image(PSTREE) + bytes(4 * MIB)), NOTED, "too many records"
    ),
    "an image of many MiB": Case(lambda: whole(files=bytes(20 * MIB)), NOTED, "too large"),
    "memory everywhere": Case(mad_spans, NOTED, ""),
    "a list of files shared by all": Case(shared_descriptors, NOTED, "there are too many"),
    "a command line hard to mask": Case(long_arguments, NOTED, ""),
    "pages before their maps": Case(lambda: tar(dict(reversed(contents().items()))), NOTED, ""),
    **{f"flipped bits {seed}": _flipped(seed) for seed in range(12)},
}
