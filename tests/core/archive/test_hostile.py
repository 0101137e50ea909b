"""Damaged and hostile archives: a clear word in bounded time and memory, and nothing written."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.archive.reader import look_inside
from core.errors import PodferryError
from tests.core.archive.hostile import CASES, GOOD, NOTED, REFUSED
from tests.core.archive.making import contents, packed, tar

TIMEOUT_S = 100
"""Only bombs take more than a second; a busy machine is slow."""


def inspected(path: Path) -> dict[str, Any]:
    """What a process with little memory says of an archive."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.core.archive.bounded", str(path)],
        capture_output=True,
        check=False,
        timeout=TIMEOUT_S,
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@pytest.mark.parametrize("name", CASES)
def test_hostile(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    path = tmp_path / "place" / "hostile.tar"
    path.parent.mkdir()
    path.write_bytes(case.make())
    told = inspected(path)
    words = told["refused"] or "\n".join(told["notes"])
    if case.end == REFUSED:
        assert "hostile.tar is no checkpoint archive that can be read" in told["refused"]
    if case.end == NOTED:
        assert not told["refused"]
    assert case.says in words
    assert "Traceback" not in words
    assert "\x1b" not in words
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [path]


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, tmp_path, tmp_path / "missing", Path(os.devnull)):
        with pytest.raises(PodferryError):
            look_inside(path)


@settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    at=st.integers(0, len(GOOD) - 1),
    what=st.binary(max_size=64),
    cut=st.booleans(),
    packing=st.sampled_from(["", "gzip", "zstd", "xz"]),
)
def test_damage_anywhere(tmp_path: Path, at: int, what: bytes, cut: bool, packing: str) -> None:
    data = GOOD[:at] + what + (b"" if cut else GOOD[at + len(what) :])
    _read_or_refused(tmp_path, packed(data, packing))


@settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    name=st.sampled_from(sorted(contents())),
    at=st.integers(0, 200),
    what=st.binary(max_size=32),
)
def test_damage_in_one_entry(tmp_path: Path, name: str, at: int, what: bytes) -> None:
    found = contents()
    data = found[name]
    _read_or_refused(tmp_path, tar(found | {name: data[:at] + what + data[at + len(what) :]}))


def _read_or_refused(place: Path, data: bytes) -> None:
    path = place / "damaged.tar"
    path.write_bytes(data)
    with contextlib.suppress(PodferryError):
        look_inside(path)
