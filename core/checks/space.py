"""Room for what an item brings along, on both hosts."""

from __future__ import annotations

from collections.abc import Iterator

from core.checks.facts import Facts, ItemFacts
from core.checks.model import Finding, On, Severity
from core.podman.model import HostInfo, Route

NO_ROOM = "no-room"
_RUN_BYTES = 8 * 2**20


def needed_bytes(facts: Facts, seen: ItemFacts, route: Route) -> int:
    """What an item takes on the target: images that are missing, and what moves with it."""
    images = sum(_size(facts, image) for image in _missing_images(facts, seen))
    memory = seen.memory_bytes if route is Route.CHECKPOINT else 0
    return images + memory + (seen.item.size_bytes or 0)


def _missing_images(facts: Facts, seen: ItemFacts) -> set[str]:
    images = {str(c["Image"]).removeprefix("sha256:") for c in seen.containers}
    return images - set(facts.target_has.images)


def _size(facts: Facts, image: str) -> int:
    return int((facts.images.get(image) or {}).get("Size") or 0)


def check(facts: Facts, seen: ItemFacts) -> Iterator[Finding]:
    """For each route, as only a checkpoint brings memory along."""
    source, target = facts.source, facts.target
    for route in Route:
        needed, free = needed_bytes(facts, seen, route), facts.target_has.free_bytes
        if needed > free:
            yield _finding(seen, target, target.graph_root, needed, free, route)
    # podman writes an image that it reads from a stream to a temporary file first.
    largest = max((_size(facts, image) for image in _missing_images(facts, seen)), default=0)
    room = facts.target_has.tmp_free_bytes
    if room is not None and largest > room:
        yield _finding(seen, target, "/var/tmp", largest, room, None)  # noqa: S108 podman's choice
    # A dump is written on the source before it is sent.
    if seen.memory_bytes > facts.source_has.free_bytes:
        yield _finding(
            seen,
            source,
            source.graph_root,
            seen.memory_bytes,
            facts.source_has.free_bytes,
            Route.CHECKPOINT,
        )


def check_host(facts: Facts, host: HostInfo, on: On) -> Iterator[Finding]:
    """Podman and the runtime keep the state of what runs on the tmpfs of /run."""
    free = (facts.source_has if on is On.SOURCE else facts.target_has).run_free_bytes
    if free is not None and free < _RUN_BYTES:
        yield Finding(
            "run-full",
            Severity.LOSS,
            f"/run on {host.label} has {free / 2**20:.0f} MiB left: Podman may fail to start what "
            "moves; make room there",
            host=host.label,
            subject="/run",
            cause=f"/run on {host.label} is almost full",
        )


def _finding(
    seen: ItemFacts, host: HostInfo, folder: str, needed: int, free: int, route: Route | None
) -> Finding:
    place = "" if folder == host.graph_root else f" in {folder}"
    return Finding(
        NO_ROOM,
        Severity.BLOCKED,
        f"it needs about {needed / 2**20:.0f} MiB{place} on {host.label}, "
        f"and {free / 2**20:.0f} MiB are free: make room there",
        host=host.label,
        item=seen.item.name,
        subject=folder,
        cause=f"too little room in {folder} on {host.label}",
        route=route,
        evidence=(f"{folder}: {free} bytes free",),
    )
