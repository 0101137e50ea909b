"""Where Podferry keeps its files: the XDG Base Directory Specification, without a library for it.

platformdirs knows more systems than Podferry runs on, and takes 20 ms of every start to load.
"""

from __future__ import annotations

import os
from pathlib import Path


def config_folder() -> Path:
    """What the operator writes."""
    return _folder("XDG_CONFIG_HOME", ".config")


def state_folder() -> Path:
    """What Podferry remembers."""
    return _folder("XDG_STATE_HOME", ".local/state")


def _folder(variable: str, usual: str) -> Path:
    home = os.environ.get(variable)
    return (Path(home) if home else Path.home() / usual) / "podferry"
