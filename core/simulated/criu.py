"""What CRIU refuses to dump, in its own words."""

from __future__ import annotations

from collections.abc import Mapping

from core.podman.model import Inside
from core.podman.options import CheckpointOptions
from core.simulated.things import MIB

_FAILED = "Error: CRIU checkpointing failed -52: Please check CRIU logfile dump.log: Error "
_UNITS = {"K": 1024, "M": MIB, "G": 1024 * MIB}


def refused_by_criu(
    holds: Inside, options: CheckpointOptions, configured: Mapping[str, str]
) -> str:
    """Why a container that holds this cannot be dumped so; empty if it can."""
    if holds.established and not options.tcp_established:
        return (
            f"{_FAILED}(criu/sk-inet.c:185): inet: Connected TCP socket, consider using "
            "--tcp-established option."
        )
    if holds.locked and not options.file_locks:
        return (
            f"{_FAILED}(criu/file-lock.c:110): Some file locks are hold by dumping tasks! "
            "You can try --file-locks to dump them."
        )
    limit = _bytes(configured.get("ghost-limit", "1M"))
    for path, size in holds.deleted.items():
        if size > limit:
            return (
                f"{_FAILED}(criu/files-reg.c:1135): Can't dump ghost file {path} of {size} size, "
                "increase limit"
            )
    return ""


def _bytes(text: str) -> int:
    return int(text.rstrip("KMG")) * _UNITS.get(text[-1], 1)
