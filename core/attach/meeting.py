"""The socket at which a run's process is found: beside its journal, for its own user alone.

Not in XDG_RUNTIME_DIR: logind removes that with the session whose end the run shall outlive.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from collections.abc import Callable, Iterator

from core.errors import UsageError
from core.journal.journal import runs_folder

_SUFFIX = ".sock"
_CREDENTIALS = struct.Struct("3i")
"""struct ucred: pid, uid, gid (unix(7))."""


@contextlib.contextmanager
def listening(run_id: str) -> Iterator[socket.socket]:
    """A socket that listens for the watchers of a run. Raises UsageError."""
    ears = socket.socket(socket.AF_UNIX)
    try:
        folder = runs_folder()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        ears.setblocking(False)
        _at(run_id, ears.bind)
        (folder / f"{run_id}{_SUFFIX}").chmod(0o600)
        ears.listen()
    except OSError as error:
        ears.close()
        raise UsageError(
            f"the journal cannot be written: {error}",
            todo="Nothing was done without it. XDG_STATE_HOME names another folder for it.",
        ) from None
    try:
        yield ears
    finally:
        ears.close()
        (folder / f"{run_id}{_SUFFIX}").unlink(missing_ok=True)


def reach_run(run_id: str) -> socket.socket | None:
    """A connection to a run's process. None: there is none (any more)."""
    found = socket.socket(socket.AF_UNIX)
    try:
        _at(run_id, found.connect)
    except OSError:
        found.close()
        return None
    if not same_user(found):
        found.close()
        return None
    found.setblocking(False)
    return found


def runs_with_socket() -> list[str]:
    """IDs of the runs that have a socket, also one that its process left behind; newest first."""
    return sorted((path.stem for path in runs_folder().glob(f"*{_SUFFIX}")), reverse=True)


def same_user(peer: socket.socket) -> bool:
    """Whether the other end is of this process's user."""
    return credentials(peer)[1] == os.geteuid()


def credentials(peer: socket.socket) -> tuple[int, int, int]:
    """Process, user and group of the other end, as they were when it connected or listened."""
    raw = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    pid, uid, gid = _CREDENTIALS.unpack(raw)
    return pid, uid, gid


def _at(run_id: str, action: Callable[[str], object]) -> None:
    """Do something at a socket's path, which may be longer than the 107 bytes of unix(7)."""
    folder = os.open(runs_folder(), os.O_PATH | os.O_DIRECTORY)
    try:
        action(f"/proc/self/fd/{folder}/{run_id}{_SUFFIX}")
    finally:
        os.close(folder)
