"""The library: what is noted, listed, hashed, and let go."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.archive.library import (
    Whole,
    archives_in,
    folder,
    may_go,
    place_for,
    remove,
    verify,
)
from core.archive.sidecar import Beside, read_sidecar, sidecar_path, write_sidecar
from core.errors import PodferryError
from tests.core.archive.keeping import SIDECAR, keep, plain

NOW_S = datetime(2026, 3, 1, tzinfo=UTC).timestamp()


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def test_the_folder_is_the_operators_alone(tmp_path: Path) -> None:
    assert folder() == tmp_path / "state/podferry/archives"
    assert folder().stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "-rf", ".hidden", "a/b", "\x1b[2J\n", "ü", "", "x" * 300, "a b;c$(d)"],
)
def test_a_file_has_a_harmless_name_whatever_the_containers_is(name: str) -> None:
    path = place_for(None, name, alone=True)
    assert path.parent == folder()
    assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\.tar", path.name)
    assert len(path.name) < 150


def test_two_of_one_second_have_two_names() -> None:
    first = place_for(None, "web", alone=True)
    first.touch()
    assert place_for(None, "web", alone=True) != first


def test_a_place_of_the_operators_own(tmp_path: Path) -> None:
    assert place_for(tmp_path / "f.tar", "web", alone=True) == tmp_path / "f.tar"
    assert place_for(tmp_path, "web", alone=True).parent == tmp_path
    with pytest.raises(PodferryError, match="is no folder"):
        place_for(tmp_path / "f.tar", "web", alone=False)


def test_what_is_noted_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    told = replace(SIDECAR, beside=(Beside("a.tar.volume-1", "v", True, "ab", 3, {"L": None}),))
    write_sidecar(path, told)
    assert read_sidecar(path) == told
    assert sidecar_path(path).stat().st_mode & 0o777 == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["a.tar.json"]
    assert read_sidecar(tmp_path / "b.tar") is None


def test_what_a_later_podferry_adds_is_let_be_but_not_another_format(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    write_sidecar(path, SIDECAR)
    noted = json.loads(sidecar_path(path).read_text())
    sidecar_path(path).write_text(json.dumps({**noted, "mood": "good"}))
    assert read_sidecar(path) == SIDECAR
    sidecar_path(path).write_text(json.dumps({"format": 2, "everything": "else"}))
    with pytest.raises(PodferryError, match="newer Podferry"):
        read_sidecar(path)


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{", "NaN", '{"format":1}', '{"format":"1"}', "[" * 100_000, "\xff",
        '{"format": 1e999}',
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told_and_the_archive_is_listed(tmp_path: Path, text: str) -> None:
    path = plain(tmp_path, "a.tar", 1.0)
    sidecar_path(path).write_text(text, "latin-1")
    with pytest.raises(PodferryError, match="cannot be read"):
        read_sidecar(path)
    (kept,) = archives_in(tmp_path)
    assert kept.path == path
    assert "cannot be read" in kept.trouble
    assert verify(kept) is Whole.UNKNOWN


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "..", ""])
def test_a_file_that_belongs_to_it_lies_beside_it(tmp_path: Path, name: str) -> None:
    """Else `--prune` would delete whatever a hostile sidecar names."""
    path = tmp_path / "a.tar"
    told = replace(SIDECAR, beside=(Beside(name, "v", False, "ab", 3, {}),))
    write_sidecar(path, told)
    with pytest.raises(PodferryError, match="cannot be read"):
        read_sidecar(path)


def test_the_newest_first_with_what_belongs_to_it(tmp_path: Path) -> None:
    keep(tmp_path, "a.tar", made_at="2026-01-01T00:00:00Z")
    keep(tmp_path, "b.bin", made_at="2026-02-01T00:00:00Z", volume="data")
    plain(tmp_path, "c.tar.zst", NOW_S)
    for name in ("notes.txt", ".podferry.1.part", "x.json"):
        (tmp_path / name).write_text("x")
    (tmp_path / "d.tar").mkdir()
    (tmp_path / "e.tar").symlink_to("nowhere")
    os.mkfifo(tmp_path / "f.tar")
    found = archives_in(tmp_path)
    assert [kept.path.name for kept in found] == ["c.tar.zst", "b.bin", "a.tar"]
    assert [kept.container for kept in found] == ["", "web", "web"]
    beside = (tmp_path / "b.bin.volume-1").stat().st_size
    assert found[1].bytes == (tmp_path / "b.bin").stat().st_size + beside
    assert archives_in(tmp_path / "a.tar") == [found[2]]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PodferryError, match="No such file"):
        archives_in(tmp_path / "none")


@pytest.mark.parametrize("which", ["a.tar", "a.tar.volume-1"])
def test_one_bit_in_any_of_its_files_is_seen(tmp_path: Path, which: str) -> None:
    keep(tmp_path, "a.tar", volume="data")
    (kept,) = archives_in(tmp_path)
    counted: list[int] = []
    assert verify(kept, counted.append) is Whole.YES
    assert sum(counted) == kept.bytes
    data = bytearray((tmp_path / which).read_bytes())
    data[700] ^= 1
    (tmp_path / which).write_bytes(data)
    assert verify(kept) is Whole.CHANGED


def test_a_file_that_is_gone_cannot_be_verified(tmp_path: Path) -> None:
    keep(tmp_path, "a.tar", volume="data")
    (tmp_path / "a.tar.volume-1").unlink()
    (kept,) = archives_in(tmp_path)
    with pytest.raises(PodferryError, match="No such file"):
        verify(kept)


@pytest.mark.parametrize(
    "count, days, goes",
    [
        (None, None, ""),
        (1, None, "w1 w2"),
        (2, None, "w1"),
        (9, None, ""),
        (0, None, "d1 w1 w2 w3"),
        (None, 45, "d1 w1"),
        (None, 0, "d1 w1 w2 w3"),
        (1, 45, "w1"),
        (0, 45, "d1 w1"),
    ],
)
def test_what_may_go(tmp_path: Path, count: int | None, days: float | None, goes: str) -> None:
    for day, name in enumerate(("w1", "w2", "w3")):
        keep(tmp_path, name, made_at=f"2026-0{day + 1}-0{1 if day else 2}T00:00:00Z"[:20])
    keep(tmp_path, "d1", container="db", made_at="2026-01-01T00:00:00Z")
    keep(tmp_path, "w3", made_at="2026-02-20T00:00:00Z")
    plain(tmp_path, "old.tar", 1.0)
    going = may_go(archives_in(tmp_path), keep=count, older_than_days=days, now_s=NOW_S)
    assert " ".join(kept.path.name for kept in going) == goes


def test_containers_of_one_name_on_two_hosts_are_two(tmp_path: Path) -> None:
    keep(tmp_path, "a.tar", host="old")
    keep(tmp_path, "b.tar", host="new")
    found = archives_in(tmp_path)
    assert may_go(found, keep=1, older_than_days=None, now_s=NOW_S) == []


def test_it_goes_with_all_that_belongs_to_it(tmp_path: Path) -> None:
    keep(tmp_path, "a.tar", volume="data")
    other = keep(tmp_path, "b.tar")
    remove(next(kept for kept in archives_in(tmp_path) if kept.path.name == "a.tar"))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["b.tar", "b.tar.json"]
    remove(next(iter(archives_in(other))))
    assert list(tmp_path.iterdir()) == []
