"""Tars of all formats are walked as GNU tar and Python read them."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.archive.tarwalk import entries
from core.archive.wire import Damaged

LONG = "/".join(["a" * 90] * 4)


class Memory:
    """Bytes as a Source."""

    def __init__(self, data: bytes) -> None:
        self._stream = io.BytesIO(data)
        self._size = len(data)

    def read(self, size: int) -> bytes:
        return self._stream.read(size)

    def skip(self, size: int) -> None:
        if self._stream.seek(size, io.SEEK_CUR) > self._size:
            raise Damaged("it ends too early")


def walked(data: bytes) -> list[tuple[str, bytes, int, str]]:
    return [(e.name.rstrip("/"), e.type, e.real_size, e.link) for e in entries(Memory(data))]


@pytest.mark.parametrize(
    "flags", ["--format=pax --xattrs", "--format=gnu", "--format=posix -b 128"]
)
def test_what_gnu_tar_writes(tmp_path: Path, flags: str) -> None:
    """Holes, many holes, long names, names that are no text, links."""
    here = tmp_path / "tree"
    (here / LONG).mkdir(parents=True)
    (here / LONG / "file").write_bytes(b"x" * 1000)
    (here / "ü\udcff").write_bytes(b"y")
    (here / "link").symlink_to(LONG + "/file")
    (here / "hard").hardlink_to(here / LONG / "file")
    with (here / "holes").open("wb") as file:
        for number in range(200):
            file.seek(number * 100_000)
            file.write(b"z" * 5000)
        file.truncate(50_000_000)
    (here / "empty").touch()
    command = ["tar", *flags.split(), "--sparse", "--sort=name", "-cf", "-", "-C", str(here), "."]
    data = subprocess.run(command, capture_output=True, check=True).stdout
    assert len(data) < 3_000_000
    found = {name: (size, link) for name, _, size, link in walked(data)}
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        expected = {m.name: (m.size if m.isreg() else 0, m.linkname) for m in tar}
    assert found == expected
    assert found["./holes"] == (50_000_000, "")
    # Several may follow one another.
    assert len(walked(data + data)) == 2 * len(expected)


NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=300)


@given(
    files=st.dictionaries(
        NAMES.map(lambda name: f"d/{name}x"), st.binary(max_size=1500), max_size=5
    ),
    layout=st.sampled_from([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]),
)
def test_what_python_writes(files: dict[str, bytes], layout: int) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=layout) as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    read = {e.name: e.read(e.size) for e in entries(Memory(buffer.getvalue()))}
    assert read == files
