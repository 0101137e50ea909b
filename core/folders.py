"""Where Podferry keeps its files, by the XDG Base Directory Specification."""

from __future__ import annotations

from pathlib import Path

import platformdirs


def config_folder() -> Path:
    """What the operator writes."""
    return platformdirs.user_config_path("podferry")


def state_folder() -> Path:
    """What Podferry remembers."""
    return platformdirs.user_state_path("podferry")
