"""The lock beside a journal: whoever works on a run holds it, until its process ends.

An open file description lock (fcntl(2)): it goes with the process however that ends, and whether
somebody holds it can be asked without taking it, so that those who look never stand in the way of
each other, nor of one who wants to work.
"""

from __future__ import annotations

import fcntl
import os
import struct
from pathlib import Path

from core.errors import UsageError

_LOCK = struct.Struct("hhqqi4x")
"""struct flock: type, whence, start, length (0: to the end), pid."""


def claim(journal: Path) -> int:
    """Keep every other Podferry off a run, until the descriptor is closed. Raises UsageError."""
    lock = os.open(_beside(journal), os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.fcntl(lock, fcntl.F_OFD_SETLK, _asked())
    except (BlockingIOError, PermissionError):  # fcntl(2) allows for both
        os.close(lock)
        raise under_way(journal.stem) from None
    return lock


def is_claimed(journal: Path) -> bool:
    """Whether somebody works on a run."""
    try:
        lock = os.open(_beside(journal), os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        kind, *_ = _LOCK.unpack(fcntl.fcntl(lock, fcntl.F_OFD_GETLK, _asked()))
    finally:
        os.close(lock)
    return bool(kind != fcntl.F_UNLCK)


def under_way(run_id: str) -> UsageError:
    """What to say of a run that somebody else works on."""
    return UsageError(
        f"run {run_id} is under way in another podferry",
        todo=f"podferry attach {run_id} shows it; there it can be cancelled.",
    )


def _beside(journal: Path) -> Path:
    return journal.with_suffix(".lock")


def _asked() -> bytes:
    return _LOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
