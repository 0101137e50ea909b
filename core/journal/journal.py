"""The journal of one run: an SQLite file in which every intent is durable before its effect.

One file per run under the XDG state folder, mode 0600. Calls run on a thread of their own, one
after the other, so that an fsync never holds up the event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from core.errors import PodferryError, UsageError
from core.folders import state_folder
from core.journal.lock import claim, is_claimed

FORMAT = 2
"""Version of the tables below; another one is refused."""
_RUN_ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{4}")
_T = TypeVar("_T")

_EVIDENCE = """
create table if not exists evidence (
  item text primary key, before text not null default '', compared text not null default ''
);
"""
"""In a statement of its own: journals of this format may be older than it."""

_TABLES = """
create table run (
  format integer not null, id text not null, source text not null, target text not null,
  source_store text not null, target_store text not null, started_s real not null
);
create table item (
  name text primary key, id text not null, kind text not null, route text not null,
  memo text not null, back text not null default '',
  outcome text not null default '', settled text not null default '',
  downtime_s real, bytes integer not null default 0, reason text not null default ''
);
create table record (
  seq integer primary key, at_s real not null, item text not null, step text not null,
  outcome text not null default '', detail text not null default ''
);
create table undo (
  seq integer primary key, item text not null, data text not null, done integer not null default 0
);
"""


@dataclass(frozen=True, slots=True)
class JournalItem:
    """What the journal knows of one item."""

    name: str
    id: str
    kind: str
    route: str
    memo: Mapping[str, Any]
    """What carrying on with it needs of its plan."""
    back: str
    """Why it is on its way back to the source; empty if it is not."""
    outcome: str
    """Empty while it is under way."""
    settled: str
    """`accepted` or `rolled_back` once the operator has decided; else empty."""
    settled_s: float | None
    """Unix time of that. None: not decided, or not kept."""
    downtime_s: float | None
    bytes: int
    reason: str
    undos: tuple[Mapping[str, Any], ...]
    """Not yet carried out, in the order in which they were written."""


@dataclass(frozen=True, slots=True)
class JournalRun:
    """What the journal knows of a run."""

    id: str
    source: str
    target: str
    source_store: str
    """Which store the source had, whatever answers to its address now."""
    target_store: str
    started_s: float
    items: tuple[JournalItem, ...]


def runs_folder() -> Path:
    """Where journals lie."""
    return state_folder() / "runs"


def run_folder(run_id: str) -> Path:
    """Where the tale of a run, its reports and pictures of its screens lie."""
    return runs_folder() / run_id


def log_path() -> Path:
    """Podferry's own log: beside the journals."""
    return runs_folder().parent / "podferry.log"


def new_run_id() -> str:
    """Such as 20260131-235959-3fa9: sorts by time, also within a second, which it ends with."""
    now_s = time.time()
    return time.strftime("%Y%m%d-%H%M%S-", time.localtime(now_s)) + f"{int(now_s % 1 * 65536):04x}"


def run_ids() -> list[str]:
    """IDs of all runs, oldest first."""
    return sorted(p.stem for p in runs_folder().glob("*.sqlite") if _RUN_ID.fullmatch(p.stem))


class Journal:
    """An open journal."""

    def __init__(self, path: Path, *, create: bool) -> None:
        self.path = path
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="journal")
        try:
            if create:
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            self._lock = claim(path)
        except OSError as error:
            raise UsageError(
                f"the journal cannot be written: {error}",
                todo="Nothing was done without it. XDG_STATE_HOME names another folder for it.",
            ) from None
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.execute("pragma journal_mode=wal")
        self._db.execute("pragma synchronous=full")

    @classmethod
    def create(
        cls,
        run_id: str,
        source: str,
        target: str,
        items: Sequence[tuple[str, str, str, str]],
        *,
        memos: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
        stores: tuple[str, str] = ("", ""),
    ) -> Journal:
        """A new journal; items are (name, id, kind, route), memos by name, stores by host."""
        journal = cls(runs_folder() / f"{run_id}.sqlite", create=True)
        journal._db.executescript("begin;" + _TABLES + _EVIDENCE)
        journal._db.execute(
            "insert into run values (?, ?, ?, ?, ?, ?, ?)",
            (FORMAT, run_id, source, target, *stores, time.time()),
        )
        journal._db.executemany(
            "insert into item (name, id, kind, route, memo) values (?, ?, ?, ?, ?)",
            [(*item, json.dumps(memos.get(item[0], {}))) for item in items],
        )
        journal._db.execute("commit")
        _sync_folders(journal.path)
        return journal

    @classmethod
    def open(cls, run_id: str) -> Journal:
        """The journal of a run, or of the newest for `last`. Raises UsageError."""
        path = _find(run_id)
        with _looking(path):
            pass
        return cls(path, create=False)

    def close(self) -> None:
        """Close the file."""
        self._pool.submit(self._db.close)
        self._pool.shutdown(wait=True)
        os.close(self._lock)

    async def _do(self, work: Callable[[], _T]) -> _T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        except (sqlite3.Error, ValueError) as error:
            raise PodferryError(
                f"the journal cannot be used: {error}", todo=f"Look at {self.path}."
            ) from error

    async def intend(self, item: str, step: str) -> int:
        """Write down that a step is about to begin; the record's number."""

        def work() -> int:
            cursor = self._db.execute(
                "insert into record (at_s, item, step) values (?, ?, ?)", (time.time(), item, step)
            )
            return int(cursor.lastrowid or 0)

        return await self._do(work)

    async def settle(self, seq: int, outcome: str, detail: str = "") -> None:
        """Write down how the step of a record ended."""
        await self._do(
            lambda: self._db.execute(
                "update record set outcome = ?, detail = ? where seq = ?", (outcome, detail, seq)
            )
        )

    async def add_undo(self, item: str, data: Mapping[str, Any]) -> int:
        """Write down how to take back what is about to be done; its number."""

        def work() -> int:
            cursor = self._db.execute(
                "insert into undo (item, data) values (?, ?)", (item, json.dumps(data))
            )
            return int(cursor.lastrowid or 0)

        return await self._do(work)

    async def undone(self, seqs: Sequence[int]) -> None:
        """Write down that these need no undoing any more."""
        await self._do(
            lambda: self._db.executemany(
                "update undo set done = 1 where seq = ?", [(seq,) for seq in seqs]
            )
        )

    async def end_item(
        self, item: str, outcome: str, downtime_s: float | None, moved_bytes: int, reason: str
    ) -> None:
        """Write down how an item ended."""
        await self._do(
            lambda: self._db.execute(
                "update item set outcome = ?, downtime_s = ?, bytes = ?, reason = ? where name = ?",
                (outcome, downtime_s, moved_bytes, reason, item),
            )
        )

    async def turn_back(self, item: str, reason: str) -> None:
        """Write down that an item goes back to the source from now on, and why."""
        await self._do(
            lambda: self._db.execute("update item set back = ? where name = ?", (reason, item))
        )

    async def settle_item(self, item: str, settled: str) -> None:
        """Write down the operator's decision: `accepted` or `rolled_back`."""

        def work() -> None:
            self._db.execute("begin")
            self._db.execute("update item set settled = ? where name = ?", (settled, item))
            self._db.execute(
                "insert into record (at_s, item, step, outcome) values (?, ?, ?, 'done')",
                (time.time(), item, settled),
            )
            self._db.execute("commit")

        await self._do(work)

    async def keep_evidence(self, item: str, *, before: str = "", compared: str = "") -> None:
        """Write down, as JSON, what was seen of an item on its source, or how that compares."""

        def work() -> None:
            self._db.execute(_EVIDENCE)
            self._db.execute("insert or ignore into evidence (item) values (?)", (item,))
            for column, text in (("before", before), ("compared", compared)):
                if text:
                    sql = f"update evidence set {column} = ? where item = ?"  # noqa: S608
                    self._db.execute(sql, (text, item))

        await self._do(work)

    async def evidence(self) -> Mapping[str, tuple[str, str]]:
        """Item to what was kept of it: before, and compared."""
        return await self._do(lambda: _read_evidence(self._db))

    async def read(self) -> JournalRun:
        """All of it."""
        return await self._do(lambda: _read(self._db))


def read_run(run_id: str) -> JournalRun:
    """What the journal of a run says, whoever may be writing it. Raises UsageError."""
    with _looking(_find(run_id)) as db:
        return _read(db)


def read_evidence(run_id: str) -> Mapping[str, tuple[str, str]]:
    """See Journal.evidence, whoever may be writing it. Raises UsageError."""
    with _looking(_find(run_id)) as db:
        return _read_evidence(db)


def is_under_way(run_id: str) -> bool:
    """Whether a Podferry works on a run at this moment."""
    return is_claimed(_find(run_id))


def _read(db: sqlite3.Connection) -> JournalRun:
    db.row_factory = sqlite3.Row
    run = db.execute("select * from run").fetchone()
    undos: dict[str, list[Mapping[str, Any]]] = {}
    for row in db.execute("select * from undo where done = 0 order by seq"):
        undos.setdefault(row["item"], []).append({**json.loads(row["data"]), "seq": row["seq"]})
    items = tuple(
        JournalItem(
            name=row["name"],
            id=row["id"],
            kind=row["kind"],
            route=row["route"],
            memo=json.loads(row["memo"]),
            back=row["back"],
            outcome=row["outcome"],
            settled=row["settled"],
            settled_s=row["settled_s"],
            downtime_s=row["downtime_s"],
            bytes=row["bytes"],
            reason=row["reason"],
            undos=tuple(undos.get(row["name"], ())),
        )
        for row in db.execute(
            "select *, (select max(at_s) from record where record.item = item.name"
            " and record.step = item.settled) as settled_s from item order by rowid"
        )
    )
    return JournalRun(
        id=run["id"],
        source=run["source"],
        target=run["target"],
        source_store=run["source_store"],
        target_store=run["target_store"],
        started_s=run["started_s"],
        items=items,
    )


def _read_evidence(db: sqlite3.Connection) -> Mapping[str, tuple[str, str]]:
    if not db.execute("select 1 from sqlite_master where name = 'evidence'").fetchone():
        return {}
    rows = db.execute("select item, before, compared from evidence order by rowid")
    return {item: (before, compared) for item, before, compared in rows}


def _find(run_id: str) -> Path:
    """The journal of a run, or of the newest for `last`. Raises UsageError."""
    known = run_ids()
    found = known[-1] if run_id == "last" and known else run_id
    path = runs_folder() / f"{found}.sqlite"
    if not _RUN_ID.fullmatch(found) or not path.is_file():
        newest = ", ".join(known[-3:]) or "none yet"
        raise UsageError(f"no run {run_id!r}", todo=f"The newest runs are: {newest}.")
    return path


@contextlib.contextmanager
def _looking(path: Path) -> Iterator[sqlite3.Connection]:
    """A journal of this format, opened without writing to it. Raises UsageError."""
    # Without a write-ahead log nobody is at it, and SQLite need not make files beside it.
    how = "mode=ro" if path.with_name(f"{path.name}-wal").exists() else "immutable=1"
    try:
        with contextlib.closing(
            sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True)
        ) as db:
            _require_format(db, path)
            yield db
    except (sqlite3.Error, TypeError, ValueError) as error:
        raise UsageError(
            f"the journal of run {path.stem} cannot be read: {error}",
            todo=f"It was left as it is: {path}",
        ) from None


def _require_format(db: sqlite3.Connection, path: Path) -> None:
    (version,) = db.execute("select format from run").fetchone()
    if db.execute("pragma quick_check(1)").fetchone() != ("ok",):
        raise sqlite3.DatabaseError("it is damaged")
    if int(version) != FORMAT:
        raise UsageError(
            f"the journal of run {path.stem} has format {version}; this Podferry reads {FORMAT}",
            todo=f"Use the Podferry that wrote it. It was left as it is: {path}",
        )


def _sync_folders(path: Path) -> None:
    """Make a new file's name durable, and those of the folders that were made for it.

    SQLite syncs what it writes, but not the folder of a file that it finds there.
    """
    for folder in path.parents[:3]:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
