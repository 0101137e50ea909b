"""Setting an option of CRIU on a host, so that every OCI runtime's CRIU obeys it."""

from __future__ import annotations

from core.checks.model import Fix, On, Run
from core.podman import criu_config


def set_option(title: str, on: On, option: str, value: str) -> Fix:
    """The fix that writes an option, and takes the line out again."""
    return Fix(
        title,
        (Run(on, ("sh", "-c", criu_config.SET, "podferry", option, value)),),
        undo=(Run(on, ("sh", "-c", criu_config.UNSET, "podferry", option, value)),),
        limits=("It holds for everything on that host that uses CRIU, from the next dump on.",),
    )
