"""Folders of ssh's control sockets, in which more than one Podferry may stand."""

from __future__ import annotations

import fcntl
import os
import tempfile
from pathlib import Path

_ANSWERED = "answered"


class ControlFolder:
    """A folder that only this user can enter; whoever leaves it last clears it away.

    Who is in it holds a lock on it, which ends with the process that holds it.
    """

    def __init__(self, path: Path | None = None) -> None:
        """A fresh one, with a path short enough for sockets, or one that is there: OSError."""
        self.path = path or Path(tempfile.mkdtemp(prefix="podferry-"))
        self._lock = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(self._lock, fcntl.LOCK_SH)

    @property
    def answered(self) -> bool:
        """Whether a person had to answer ssh for the master here: no login can be made without."""
        return (self.path / _ANSWERED).exists()

    def note_answered(self) -> None:
        """A person has answered."""
        (self.path / _ANSWERED).touch()

    def leave(self) -> bool:
        """Go; whether nobody else is in it."""
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            os.close(self._lock)
        return True
