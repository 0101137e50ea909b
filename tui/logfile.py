"""The log: where a stack trace goes instead of the screen."""

from __future__ import annotations

import logging
import os
from logging.handlers import RotatingFileHandler
from pathlib import Path

from core.journal.journal import runs_folder

_BYTES = 1_000_000
"""Size at which the log starts anew; one old one is kept."""


def log_path() -> Path:
    """Where the log lies: beside the runs' journals."""
    return runs_folder().parent / "podferry.log"


def start_log() -> None:
    """Send Python's logging to the log, readable by this user only; without one, nowhere."""
    root = logging.getLogger()
    try:
        path = log_path()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600))
        handler: logging.Handler = RotatingFileHandler(path, maxBytes=_BYTES, backupCount=1)
    except OSError:
        handler = logging.NullHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
