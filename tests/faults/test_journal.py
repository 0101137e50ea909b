"""Journals that are torn, cut or gone: resuming reaches a good end, or refuses without harm."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from core.migrate.truth import Direction
from core.podman.model import Kind, Route
from tests.faults.matrix import Case, Fault, Position, Step, Way
from tests.faults.operator import resumed
from tests.faults.play import Play

_HEADER, _FRAME = 32, 24 + 4096
"""Bytes of a write-ahead log's header, and of a frame with its page."""
_TEAR = 1000
_SPOTS = (
    (Step.DISARM, Position.AFTER),
    (Step.STREAM, Position.BEFORE),
    (Step.RESTORE, Position.AFTER),
)


class Torn(Play):
    """A Podferry that is killed, and whose journal then suffers."""

    def __init__(self, step: Step, position: Position, folder: Path) -> None:
        case = Case(step, Fault.KILLED, position, Kind.CONTAINER, Route.CHECKPOINT, Way.BACK)
        super().__init__(case, folder)

    def killed(self) -> Path:
        """Die; the journal as it was left."""
        self.client.ask("at first")
        self._struck()
        self._heal()
        self.next()
        (journal,) = (self._life.state / "podferry" / "runs").glob("*.sqlite")
        return journal

    def settled(self, journal: Path) -> list[str]:
        """Resume by what is left of it: what harm was done then."""
        self.do(resumed(journal.stem, Direction.BACK))
        wrongs, said = list(self.client.wrongs), self.said[-1]
        (name,) = self.scene.names
        kept = self.scene.old.find_container(name)
        if said.startswith("rolled_back"):
            return wrongs if kept and kept.running else [*wrongs, f"nothing runs, but {said}"]
        # Refused: all that there was is still there for whoever looks after it.
        if not said.startswith(("error", "failed")):
            wrongs.append(f"said {said}")
        if kept is None or not (kept.running or kept.left or self.client.runs_on(name)):
            wrongs.append("nothing can run it any more")
        return wrongs


def frames(wal: Path) -> int:
    """How many frames a write-ahead log has."""
    return (wal.stat().st_size - _HEADER) // _FRAME


@pytest.mark.parametrize("step, position", _SPOTS)
@pytest.mark.parametrize("torn", [12, 24, _TEAR, _FRAME - 1])
def test_a_record_that_was_half_written(
    step: Step, position: Position, torn: int, tmp_path: Path
) -> None:
    """Its effect has not begun, so all ends well."""
    play = Torn(step, position, tmp_path)
    journal = play.killed()
    with journal.with_name(f"{journal.name}-wal").open("ab") as log:
        log.write(os.urandom(torn))
    assert play.settled(journal) == []
    assert play.oracle.back_on_source() == []


@pytest.mark.parametrize("step, position", _SPOTS)
@pytest.mark.parametrize("share", [step / 12 for step in range(12)])
@pytest.mark.parametrize("tear", [0, 12, _TEAR])
def test_a_log_that_lost_what_the_disk_had_confirmed(
    step: Step, position: Position, share: float, tear: int, tmp_path: Path
) -> None:
    """Effects are not in it that were had: no harm is done, and nothing is said that is not so."""
    play = Torn(step, position, tmp_path)
    journal = play.killed()
    wal = journal.with_name(f"{journal.name}-wal")
    kept = int(frames(wal) * share)
    os.truncate(wal, min(wal.stat().st_size, _HEADER + kept * _FRAME + tear))
    before = journal.read_bytes()
    assert play.settled(journal) == []
    if play.said[-1].startswith("error"):
        assert journal.read_bytes() == before


@pytest.mark.parametrize("how", ["empty", "garbage", "header", "no log", "gone"])
def test_a_journal_that_is_ruined_is_refused_and_left_alone(how: str, tmp_path: Path) -> None:
    play = Torn(Step.STREAM, Position.BEFORE, tmp_path)
    journal = play.killed()
    wal = journal.with_name(f"{journal.name}-wal")
    wal.unlink()
    match how:
        case "empty":
            os.truncate(journal, 0)
        case "garbage":
            journal.write_bytes(os.urandom(20_000))
        case "header":
            journal.write_bytes(b"SQLite format 3\0" + bytes(8000))
        case "gone":
            journal.unlink()
    before = journal.read_bytes() if journal.exists() else b""
    assert play.settled(journal) == []
    assert play.said[-1].startswith("error"), play.said
    assert (journal.read_bytes() if journal.exists() else b"") == before


_COUNTS_SYNCS = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>
static int count;
int podferry_syncs(void) { return count; }
int fsync(int fd) { count++; return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(fd); }
int fdatasync(int fd) { count++; return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(fd); }
"""
_WRITES = """
import asyncio, ctypes
from core.journal.journal import Journal
syncs = ctypes.CDLL(None).podferry_syncs
async def main():
    items = [("web", "1", "container", "kube")]
    journal = Journal.create("20260101-000000-0000", "old", "new", items)
    seen = [syncs()]
    def check(what):
        assert syncs() > seen[-1], what + " was not synced"
        seen.append(syncs())
    seq = await journal.intend("web", "dump"); check("intend")
    undo = await journal.add_undo("web", {"kind": "remove volume"}); check("undo")
    await journal.settle(seq, "done"); check("settle")
    await journal.undone([undo]); check("undone")
    await journal.turn_back("web", "why"); check("turn back")
    await journal.end_item("web", "moved", 1.0, 1, ""); check("end")
    await journal.settle_item("web", "accepted"); check("settled")
    journal.close()
asyncio.run(main())
"""


def test_what_is_written_is_on_the_disk_before_anything_follows(tmp_path: Path) -> None:
    """Counts the syncs that SQLite really asks of the kernel."""
    if not shutil.which("gcc"):
        assert os.environ.get("PODFERRY_LAB_REQUIRED") != "1", "CI has gcc"
        pytest.skip("needs gcc")
    source, library = tmp_path / "syncs.c", tmp_path / "syncs.so"
    source.write_text(_COUNTS_SYNCS)
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    environment = {**os.environ, "LD_PRELOAD": str(library), "XDG_STATE_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", _WRITES],
        env={**environment, "PYTHONPATH": str(Path.cwd())},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
