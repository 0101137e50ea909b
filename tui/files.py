"""Writing files that hold what only their owner may read."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from core.errors import UsageError


def write_private(path: Path, text: str, *, make_folder: bool = False) -> None:
    """Write a file that only its owner reads, whole or not at all. Raises UsageError."""
    try:
        if make_folder:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, beside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(beside).replace(path)
        except BaseException:
            Path(beside).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror or error}",
            todo="What was there before is as it was. Name another file.",
        ) from None
