"""A store on copy-on-write btrfs: what is known of it, and how it becomes nodatacow.

Why it matters: stat() shows another device number there than mountinfo and smaps do, which CRIU
before 3.17 fell over and later ones learned to cope with; `nodatacow` is what operators found to
help (podman#9318). Whether it is needed on a host is proven by a canary alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from core.checks.facts import Facts
from core.checks.model import Finding, Fix, On, Run, Severity
from core.podman import nodatacow
from core.podman.model import HostInfo, Route, StoreState
from core.podman.version import dotted

CHECK = "btrfs-copy-on-write"
FIRST_WITH_FIXES, KNOWN_TO_WORK = (3, 17), (4, 2)
"""CRIU's first fix for btrfs; and what was seen to work with both storage drivers."""
_REWRITE_S = 3000
"""A rewriting ends by itself before the deadline of a fix's command."""
_RATE_BYTES_S = 100 * 1024**2
_PER_FILE_S = 0.004
"""What a rewriting was seen to take, roughly: reading and writing, and the rest per file."""


def check_host(facts: Facts, host: HostInfo, on: On) -> Iterator[Finding]:
    """Copy-on-write btrfs, as bad as the CRIU there makes it."""
    if not host.copy_on_write or host.rootless or host.criu_version is None:
        return
    criu = f"CRIU {dotted(host.criu_version)}"
    severity, known = Severity.NOTE, f"{criu} is known to work there"
    if host.criu_version < FIRST_WITH_FIXES:
        severity, known = Severity.BLOCKED, f"{criu} fails there: fix it, or test it first"
    elif host.criu_version < KNOWN_TO_WORK:
        known = f"{criu} may fail there: test it first, or fix it"
    yield Finding(
        CHECK,
        severity,
        f"the store of {host.label} is copied on write (btrfs): {known}",
        host=host.label,
        subject=host.graph_root,
        cause=f"the store of {host.label} is copied on write (btrfs)",
        route=Route.CHECKPOINT,
        evidence=(f"{host.storage_driver} on {host.filesystem}, {host.graph_root}", criu),
        fix=nodatacow_fix(host, on),
    )


def nodatacow_fix(host: HostInfo, on: On) -> Fix:
    """Set nodatacow on all folders of the store, so that all that is made later has it."""
    limits = [
        (
            "Files that exist stay copied on write until they are rewritten, which is a step of "
            "its own."
        ),
        "New files have no checksums and are not compressed: btrfs cannot tell if one rots.",
        "A snapshot still copies a block once.",
        "The way back clears it on all folders of the store, also on those that had it before.",
    ]
    if host.storage_driver == "btrfs":
        limits.append(
            "The btrfs driver makes the first layer of a new image without it: after a pull, "
            "this is to be done again."
        )
    return Fix(
        f"make the store of {host.label} nodatacow",
        acts=(_script(on, nodatacow.SET, host.graph_root, "+C"),),
        undo=(_script(on, nodatacow.SET, host.graph_root, "-C"),),
        limits=tuple(limits),
    )


def rewrite_fix(host: HostInfo, on: On, store: StoreState, running: Sequence[str]) -> Fix | None:
    """Rewrite the files that are copied on write still; None if there is nothing to rewrite.

    Takes the names of the containers that run, all of which stop meanwhile.
    """
    if not store.rewritable_files:
        return None
    seconds = store.rewritable_bytes / _RATE_BYTES_S + store.rewritable_files * _PER_FILE_S
    limits = [
        (
            f"It copies {_gib(store.rewritable_bytes)} in {store.rewritable_files} files: roughly "
            f"{_minutes(seconds)}."
        ),
        (
            f"What runs is stopped meanwhile, and started afresh at the end, without its memory: "
            f"{', '.join(running)}."
            if running
            else "No container runs, so none is stopped."
        ),
        (
            "What files share with snapshots, or layers of the btrfs driver with each other, is "
            f"written anew: up to {_gib(store.rewritable_bytes)} more are taken on disk."
        ),
        "Rewritten files have no checksums and are not compressed.",
        "Start, build or pull nothing there meanwhile.",
        (
            f"It ends after {_REWRITE_S // 60} minutes and can be run again for the rest; cut off "
            "in the midst, it leaves every file whole."
        ),
    ]
    if left := store.cow_files - store.rewritable_files:
        limits.append(
            f"{left} files stay copied on write: {store.linked_files} with several names, "
            f"{left - store.linked_files} of Podman's own, such as its books and logs."
        )
    duration = str(_REWRITE_S)
    return Fix(
        f"rewrite the files of the store of {host.label} as nodatacow",
        acts=(_script(on, nodatacow.REWRITE, host.graph_root, "+C", duration),),
        undo=(_script(on, nodatacow.REWRITE, host.graph_root, "-C", duration),),
        limits=tuple(limits),
    )


def told(store: StoreState) -> str:
    """What a look at the store found, in one sentence."""
    if store.filesystem != "btrfs":
        return f"The store is on {store.filesystem}, where nothing is copied on write."
    folders = (
        f"{store.cow_folders} of {store.folders} folders are copied on write"
        if store.cow_folders
        else f"all {store.folders} folders are nodatacow"
    )
    files = (
        f"{store.cow_files} files ({_gib(store.cow_bytes)}) still are copied on write"
        if store.cow_files
        else "no file is copied on write"
    )
    return f"{folders[0].upper()}{folders[1:]}; {files}."


def _script(on: On, script: str, *arguments: str) -> Run:
    return Run(on, ("sh", "-c", script, "podferry", *arguments))


def _gib(size_bytes: int) -> str:
    mib = size_bytes / 1024**2
    return f"{mib / 1024:.1f} GiB" if mib >= 1024 else f"{mib:.0f} MiB"


def _minutes(seconds: float) -> str:
    return "a minute" if seconds < 60 else f"{seconds / 60:.0f} minutes"
