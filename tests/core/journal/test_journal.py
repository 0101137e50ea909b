"""The journal: what it said is there after any death, and what is not its own stays untouched."""

import asyncio
import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.errors import PodferryError, UsageError
from core.journal.journal import (
    FORMAT,
    Journal,
    is_under_way,
    new_run_id,
    read_run,
    run_ids,
    runs_folder,
)

ID = "20260131-235959-3fa9"
ITEMS = [("web", "ab", "container", "checkpoint"), ("shop", "cd", "pod", "kube")]
MANY = [(f"item{n}" * 50, "", "", "") for n in range(300)]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "podferry" / "runs"


@pytest.fixture
def journal() -> Iterator[Journal]:
    made = Journal.create(ID, "old", "new", ITEMS)
    yield made
    made.close()


def path() -> Path:
    return runs_folder() / f"{ID}.sqlite"


def rows(query: str) -> list[tuple[object, ...]]:
    """What another process would see now."""
    db = sqlite3.connect(path())
    try:
        return db.execute(query).fetchall()
    finally:
        db.close()


# What it keeps


async def test_a_new_run(journal: Journal) -> None:
    run = await journal.read()
    assert (run.id, run.source, run.target) == (ID, "old", "new")
    assert [(i.name, i.id, i.kind, i.route) for i in run.items] == ITEMS
    for item in run.items:
        assert (item.outcome, item.settled, item.downtime_s, item.bytes) == ("", "", None, 0)
        assert item.undos == ()


async def test_an_intent_is_there_for_others_before_its_effect(journal: Journal) -> None:
    seq = await journal.intend("web", "dump web")
    assert rows("select seq, item, step, outcome from record") == [(seq, "web", "dump web", "")]
    await journal.settle(seq, "failed", "why\n'; drop table record; --")
    assert rows("select outcome, detail from record") == [
        ("failed", "why\n'; drop table record; --")
    ]


async def test_undos_in_their_order_until_they_are_done(journal: Journal) -> None:
    first = await journal.add_undo("web", {"kind": "a", "subject": "x[/y]"})
    second = await journal.add_undo("web", {"kind": "b"})
    other = await journal.add_undo("shop", {"kind": "c", "seq": "not this one"})
    assert first < second < other
    web, shop = (await journal.read()).items
    assert web.undos == (
        {"kind": "a", "subject": "x[/y]", "seq": first},
        {"kind": "b", "seq": second},
    )
    assert shop.undos == ({"kind": "c", "seq": other},)
    await journal.undone([first, other])
    web, shop = (await journal.read()).items
    assert web.undos == ({"kind": "b", "seq": second},)
    assert shop.undos == ()
    await journal.undone([])


async def test_ends_and_decisions(journal: Journal) -> None:
    await journal.end_item("web", "moved", 1.5, 2**40, "")
    await journal.end_item("shop", "failed", None, 0, "why\nand more")
    await journal.settle_item("web", "accepted")
    web, shop = (await journal.read()).items
    assert (web.outcome, web.downtime_s, web.bytes, web.settled) == (
        "moved", 1.5, 2**40, "accepted",
    )  # fmt: skip
    assert (shop.outcome, shop.downtime_s, shop.reason) == ("failed", None, "why\nand more")


async def test_an_item_that_is_not_in_the_run_changes_nothing(journal: Journal) -> None:
    before = await journal.read()
    await journal.end_item("nobody", "moved", 1.0, 1, "")
    await journal.settle_item("nobody", "accepted")
    assert await journal.read() == before


async def test_names_of_any_kind() -> None:
    name = "we'ird\"; drop table item; --\u202e\n"
    journal = Journal.create(ID, name, name, [(name, name, "pod", "kube")])
    await journal.end_item(name, "moved", None, 0, name)
    run = await journal.read()
    journal.close()
    assert (run.source, run.items[0].name, run.items[0].reason) == (name, name, name)


# Durability


async def test_everything_is_synced() -> None:
    journal = Journal.create(ID, "old", "new", ITEMS)
    assert journal._db.execute("pragma synchronous").fetchone()[0] == 2
    assert journal._db.execute("pragma journal_mode").fetchone()[0] == "wal"
    journal.close()
    opened = Journal.open(ID)
    assert opened._db.execute("pragma synchronous").fetchone()[0] == 2
    opened.close()


DYING = f"""
import asyncio, os, signal
from core.journal.journal import Journal

async def main():
    journal = Journal.create({ID!r}, "old", "new", {ITEMS!r})
    await journal.end_item("shop", "blocked", None, 0, "")
    await journal.intend("web", "dump web")
    await journal.add_undo("web", {{"kind": "restore on source", "subject": "ab"}})
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


async def test_what_was_written_survives_a_kill() -> None:
    done = subprocess.run([sys.executable, "-c", DYING], check=False, timeout=60)  # noqa: ASYNC221
    assert done.returncode == -signal.SIGKILL
    assert rows("select step, outcome from record") == [("dump web", "")]
    journal = Journal.open("last")
    web, shop = (await journal.read()).items
    journal.close()
    assert [undo["kind"] for undo in web.undos] == ["restore on source"]
    assert (web.outcome, shop.outcome) == ("", "blocked")


async def test_a_copy_of_the_files_without_the_process_is_whole(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What lies on the disk while the writer still lives, as after a power cut."""
    await journal.add_undo("web", {"kind": "a"})
    shutil.copytree(runs_folder(), tmp_path / "copy" / "podferry" / "runs")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "copy"))
    copy = Journal.open(ID)
    assert len((await copy.read()).items[0].undos) == 1
    copy.close()


def test_one_podferry_at_a_time(folder: Path) -> None:
    journal = Journal.create(ID, "old", "new", ITEMS)
    with pytest.raises(UsageError, match="under way in another podferry"):
        Journal.open(ID)
    journal.close()
    Journal.open(ID).close()


async def test_one_after_the_other_in_the_order_of_the_calls(journal: Journal) -> None:
    seqs = await asyncio.gather(*(journal.intend("web", str(n)) for n in range(20)))
    assert seqs == sorted(seqs)
    steps = [str(row[0]) for row in rows("select step from record order by seq")]
    assert steps == [str(n) for n in range(20)]


# Privacy


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
async def test_nobody_else_reads_it(umask: int, folder: Path) -> None:
    before = os.umask(umask)
    try:
        journal = Journal.create(ID, "old", "new", ITEMS)
        await journal.intend("web", "x")
        modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in folder.iterdir()}  # noqa: ASYNC240
        journal.close()
    finally:
        os.umask(before)
    assert set(modes) >= {path().name, path().name + "-wal"}
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700  # noqa: ASYNC240


def test_a_run_is_never_written_over(journal: Journal) -> None:
    with pytest.raises(UsageError, match="exists"):
        Journal.create(ID, "other", "other", [])
    assert rows("select source from run") == [("old",)]


# Opening


@pytest.mark.parametrize(
    "name", ["20200101-000000-0000", "last", "", "-", "..", "../x", "nosuch", "a/b", ID + "x"]
)
def test_an_unknown_run(name: str) -> None:
    with pytest.raises(UsageError) as raised:
        Journal.open(name)
    assert repr(name) in raised.value.what
    assert "none yet" in raised.value.todo


def test_the_newest_runs_are_named(journal: Journal) -> None:
    with pytest.raises(UsageError, match=ID):
        Journal.open("20200101-000000-0000")


async def test_last_is_the_newest() -> None:
    ids = ["20260131-235959-0001", "20260201-000000-0000", "20250101-000000-ffff"]
    for run_id in ids:
        Journal.create(run_id, "old", "new", []).close()
    (runs_folder() / "zzz.sqlite").write_text("no run")
    (runs_folder() / "20990101-000000-0000.txt").write_text("no run")
    assert run_ids() == sorted(ids)
    last = Journal.open("last")
    assert (await last.read()).id == "20260201-000000-0000"
    last.close()


def test_new_ids_are_ids_and_differ() -> None:
    ids = {new_run_id() for _ in range(20)}
    assert len(ids) > 1
    for run_id in ids:
        Journal.create(run_id, "old", "new", []).close()
    assert run_ids() == sorted(ids)


def snapshot() -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in runs_folder().iterdir()}


def refused(match: str) -> None:
    """Opening is refused, and every file is as it was."""
    before = snapshot()
    with pytest.raises(UsageError, match=match) as raised:
        Journal.open(ID)
    assert str(path()) in raised.value.todo
    assert snapshot() == before


@pytest.mark.parametrize("version", [0, FORMAT + 1, 99])
@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_another_format_is_refused_and_left_as_it_is(version: int, mode: str) -> None:
    Journal.create(ID, "old", "new", ITEMS).close()
    db = sqlite3.connect(path())
    db.execute(f"pragma journal_mode={mode}")
    db.execute("update run set format = ?", (version,))
    db.commit()
    db.close()
    refused(f"has format {version}")


def test_another_format_whose_writer_died_is_left_as_it_is() -> None:
    """Its write-ahead log is still beside it, and must not be folded into it."""
    change = "    journal._db.execute('update run set format=9')\n    os.kill"
    dying = DYING.replace("    os.kill", change)
    subprocess.run([sys.executable, "-c", dying], check=False, timeout=60)
    before = {name: data for name, data in snapshot().items() if not name.endswith("-shm")}
    assert path().name + "-wal" in before
    with pytest.raises(UsageError, match="has format 9"):
        Journal.open(ID)
    assert {name: data for name, data in snapshot().items() if name in before} == before


@pytest.mark.parametrize("damage", [b"", b"x", b"SQLite format 3\0" + b"\xff" * 84, b"\0" * 8192])
def test_what_is_no_journal_is_refused_and_left_as_it_is(damage: bytes) -> None:
    runs_folder().mkdir(parents=True)
    path().write_bytes(damage)
    refused("cannot be read")


@pytest.mark.parametrize(
    "script",
    [
        "create table other (x)",
        "create table run (other)",
        "create table run (format)",
        "create table run (format); insert into run values (null)",
        "create table run (format); insert into run values ('x')",
    ],
)
def test_another_database_is_refused_and_left_as_it_is(script: str) -> None:
    runs_folder().mkdir(parents=True)
    db = sqlite3.connect(path())
    db.executescript(script)
    db.close()
    refused("cannot be read|has format")


@pytest.mark.parametrize("keep", [0.3, 0.6, 0.9])
def test_a_cut_journal_is_refused_and_left_as_it_is(keep: float) -> None:
    Journal.create(ID, "old", "new", MANY).close()
    whole = path().read_bytes()
    path().write_bytes(whole[: int(len(whole) * keep)])
    refused("cannot be read")


def test_a_journal_with_a_bad_page_is_refused_and_left_as_it_is() -> None:
    Journal.create(ID, "old", "new", MANY).close()
    data = bytearray(path().read_bytes())
    data[-4096 * 3 : -4096 * 2] = b"\xaa" * 4096
    path().write_bytes(data)
    refused("cannot be read")


async def test_a_failing_disk_is_told_in_podferrys_words(journal: Journal) -> None:
    journal._db.execute("pragma query_only = 1")
    with pytest.raises(PodferryError, match="journal cannot be used"):
        await journal.intend("web", "dump web")


def test_opening_and_closing_leaves_no_thread_behind() -> None:
    before = threading.active_count()
    Journal.create(ID, "old", "new", ITEMS).close()
    Journal.open(ID).close()
    assert threading.active_count() == before


def readable() -> Journal | None:
    """None: it was refused, because not even its tables had been written."""
    try:
        return Journal.open(ID)
    except UsageError:
        return None


async def test_a_log_that_is_torn_anywhere_loses_only_its_end(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(6):
        await journal.add_undo("web", {"kind": str(number)})
    data = path().read_bytes()
    log = path().with_name(path().name + "-wal").read_bytes()
    frame = 4096 + 24
    lengths = {32 + frame * n + cut for n in range(len(log) // frame) for cut in (0, 1, 24, 2048)}
    seen = set()
    for length in sorted(lengths):
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / str(length)))
        runs_folder().mkdir(parents=True)
        path().write_bytes(data)
        path().with_name(path().name + "-wal").write_bytes(log[:length])
        if (torn := readable()) is not None:
            kinds = [undo["kind"] for undo in (await torn.read()).items[0].undos]
            torn.close()
            assert kinds == [str(number) for number in range(len(kinds))]
            seen.add(len(kinds))
    assert seen >= set(range(6))


async def test_others_read_it_while_it_is_written() -> None:
    journal = Journal.create(ID, "old", "new", ITEMS)
    await journal.turn_back("web", "why")
    assert is_under_way(ID)
    assert read_run(ID) == await journal.read()
    assert read_run(ID).items[0].back == "why"
    journal.close()
    assert not is_under_way(ID)
    assert read_run(ID).items[0].back == "why"


async def test_who_looks_whether_it_is_under_way_never_keeps_anybody_from_it() -> None:
    Journal.create(ID, "old", "new", ITEMS).close()
    with ThreadPoolExecutor(4) as pool:
        looks = [pool.submit(lambda: [is_under_way(ID) for _ in range(300)]) for _ in range(4)]
        while not all(look.done() for look in looks):
            Journal.open(ID).close()
    journal = Journal.open(ID)
    assert is_under_way(ID)
    with pytest.raises(UsageError, match="under way in another"):
        Journal.open(ID)
    journal.close()
