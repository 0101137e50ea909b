"""The log: where a stack trace goes instead of the screen."""

from __future__ import annotations

import logging
import os
from logging.handlers import RotatingFileHandler

from core.journal.journal import log_path

_BYTES = 1_000_000
"""Size at which the log starts anew; one old one is kept."""


def open_log() -> int:
    """A descriptor that appends to the log. Raises OSError."""
    path = log_path()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)


def start_log() -> None:
    """Send Python's logging to the log, readable by this user only; without one, nowhere."""
    root = logging.getLogger()
    try:
        os.close(open_log())
        handler: logging.Handler = RotatingFileHandler(log_path(), maxBytes=_BYTES, backupCount=1)
    except OSError:
        handler = logging.NullHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
