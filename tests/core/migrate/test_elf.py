"""The canary's program, as the kernel loads it and as it runs here."""

from __future__ import annotations

import platform
import struct
import subprocess
from pathlib import Path

import pytest

from core.migrate.canary import image_archive
from core.migrate.elf import ARCHITECTURES, program


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_no_segment_is_writable_and_executable(architecture: str) -> None:
    data = program(architecture)
    assert len(data) < 400
    machine, entry = struct.unpack_from("<18xH4xQ", data)
    assert machine == ARCHITECTURES[architecture]
    loads = []
    for number in range(3):
        kind, flags, offset, address, _, size, memory, align = struct.unpack_from(
            "<IIQQQQQQ", data, 64 + 56 * number
        )
        if kind == 1:
            loads.append((address, address + memory, flags))
            assert (address - offset) % align == 0
            assert offset + size <= len(data)
        assert flags & 3 != 3
    assert [flags for _, _, flags in loads] == [5, 6]
    assert loads[0][0] <= entry < loads[0][1]


@pytest.mark.skipif(platform.machine() != "x86_64", reason="runs the program itself")
def test_it_counts_on_and_starts_elsewhere_each_time(tmp_path: Path) -> None:
    file = tmp_path / "canary"
    file.write_bytes(program("amd64"))
    file.chmod(0o700)
    starts = set()
    for _ in range(4):
        with subprocess.Popen([file], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            numbers = [int(process.stdout.readline()) for _ in range(12)]
            process.kill()
        assert numbers == list(range(numbers[0], numbers[0] + 12))
        assert numbers[0] % 10**6 == 1
        starts.add(numbers[0])
    assert len(starts) > 1


def test_an_image_is_the_same_for_the_same_tag_and_another_for_another() -> None:
    assert image_archive("localhost/a:1", "amd64") == image_archive("localhost/a:1", "amd64")
    assert image_archive("localhost/a:1", "amd64")[0] != image_archive("localhost/b:1", "amd64")[0]
