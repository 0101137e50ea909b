"""The canary's program: a static executable of a few hundred bytes, put together here.

It counts in its memory and writes the count to stdout, a line every 100 ms. The first four of the
ten digits are random, from the kernel, at each start: a count that goes on is the same process,
and one that was started afresh counts elsewhere.
"""

from __future__ import annotations

import struct

_BASE, _DATA_BASE = 0x400000, 0x410000
"""Where code and data are mapped; 64 KiB apart, the largest page size that arm64 uses."""
_EHDR, _PHDR = 64, 56
"""Bytes of the ELF64 header and of one program header."""
_PT_LOAD, _PT_GNU_STACK = 1, 0x6474E551
_X, _W, _R = 1, 2, 4
DIGITS = 10
RANDOM_DIGITS = 4
_SLEEP_AT = 16
_DATA = struct.pack("<11s5xqq", b"0" * DIGITS + b"\n", 0, 100_000_000)
"""The line, and at 16 the timespec: seconds and nanoseconds."""

ARCHITECTURES = {"amd64": 62, "arm64": 183}
"""What Podman calls them, and e_machine in ELF."""


def program(architecture: str) -> bytes:
    """The executable. Raises KeyError for an architecture that is not in ARCHITECTURES."""
    machine = ARCHITECTURES[architecture]
    assemble = _amd64 if architecture == "amd64" else _arm64
    begin = _EHDR + 3 * _PHDR
    size = len(assemble(0))
    data_at = -(-(begin + size) // 16) * 16
    code = assemble(_DATA_BASE + data_at).ljust(data_at - begin, b"\0")
    header = struct.pack(
        "<16sHHIQQQIHHHHHH",
        b"\x7fELF\x02\x01\x01",  # 64 bits, little endian, version 1
        2,  # ET_EXEC
        machine,
        1,
        _BASE + begin,
        _EHDR,
        0,
        0,
        _EHDR,
        _PHDR,
        3,
        0,
        0,
        0,
    )
    segments = (
        _segment(_PT_LOAD, _R | _X, 0, _BASE, begin + size),
        _segment(_PT_LOAD, _R | _W, data_at, _DATA_BASE + data_at, len(_DATA)),
        _segment(_PT_GNU_STACK, _R | _W, 0, 0, 0),
    )
    return b"".join((header, *segments, code, _DATA))


def _segment(kind: int, flags: int, offset: int, address: int, size: int) -> bytes:
    return struct.pack("<IIQQQQQQ", kind, flags, offset, address, address, size, size, 0x10000)


def _amd64(data: int) -> bytes:
    return b"".join(
        (
            b"\xbb" + struct.pack("<I", data),  # mov ebx, data
            b"\xb8\x3e\x01\x00\x00",  # mov eax, 318 (getrandom)
            b"\x89\xdf",  # mov edi, ebx
            b"\xbe\x04\x00\x00\x00",  # mov esi, 4
            b"\x31\xd2",  # xor edx, edx
            b"\x0f\x05",  # syscall
            b"\x81\x23\x07\x07\x07\x07",  # and dword [rbx], 0x07070707
            b"\x81\x0b\x30\x30\x30\x30",  # or dword [rbx], 0x30303030
            b"\x8d\x4b\x09",  # next: lea ecx, [rbx+9]
            b"\xfe\x01",  # digit: inc byte [rcx]
            b"\x80\x39\x39",  # cmp byte [rcx], '9'
            b"\x76\x07",  # jbe write
            b"\xc6\x01\x30",  # mov byte [rcx], '0'
            b"\xff\xc9",  # dec ecx
            b"\xeb\xf2",  # jmp digit
            b"\xb8\x01\x00\x00\x00",  # write: mov eax, 1 (write)
            b"\x89\xc7",  # mov edi, eax
            b"\x89\xde",  # mov esi, ebx
            b"\xba\x0b\x00\x00\x00",  # mov edx, 11
            b"\x0f\x05",  # syscall
            b"\xb8\x23\x00\x00\x00",  # mov eax, 35 (nanosleep)
            b"\x8d\x7b\x10",  # lea edi, [rbx+16]
            b"\x31\xf6",  # xor esi, esi
            b"\x0f\x05",  # syscall
            b"\xeb\xd1",  # jmp next
        )
    )


def _arm64(data: int) -> bytes:
    words = (
        0xD2800013 | (data & 0xFFFF) << 5,  # movz x19, data (low half)
        0xF2A00013 | (data >> 16) << 5,  # movk x19, data (high half), lsl 16
        0xD28022C8,  # mov x8, 278 (getrandom)
        0xAA1303E0,  # mov x0, x19
        0xD2800081,  # mov x1, 4
        0xD2800002,  # mov x2, 0
        0xD4000001,  # svc 0
        0xB9400262,  # ldr w2, [x19]
        0x1200C842,  # and w2, w2, 0x07070707
        0x3204C442,  # orr w2, w2, 0x30303030
        0xB9000262,  # str w2, [x19]
        0x91002661,  # next: add x1, x19, 9
        0x39400022,  # digit: ldrb w2, [x1]
        0x11000442,  # add w2, w2, 1
        0x39000022,  # strb w2, [x1]
        0x7100E45F,  # cmp w2, '9'
        0x54000089,  # b.ls write
        0x52800602,  # mov w2, '0'
        0x381FF422,  # strb w2, [x1], -1
        0x17FFFFF9,  # b digit
        0xD2800808,  # write: mov x8, 64 (write)
        0xD2800020,  # mov x0, 1
        0xAA1303E1,  # mov x1, x19
        0xD2800162,  # mov x2, 11
        0xD4000001,  # svc 0
        0xD2800CA8,  # mov x8, 101 (nanosleep)
        0x91004260,  # add x0, x19, 16
        0xD2800001,  # mov x1, 0
        0xD4000001,  # svc 0
        0x17FFFFEE,  # b next
    )
    return struct.pack(f"<{len(words)}I", *words)
