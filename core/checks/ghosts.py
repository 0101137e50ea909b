"""Open files that have no name any more: CRIU carries them along up to a limit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from core.checks.criu_config import set_option
from core.checks.facts import Facts, ItemFacts
from core.checks.model import Finding, Fix, On, Severity
from core.podman.model import Route

_LIMIT = 2**20
"""Bytes; CRIU's default."""
_MOST_MIB = 4095
"""CRIU keeps the limit in 32 bits."""
_UNITS = {"K": 2**10, "M": 2**20, "G": 2**30}
_NO_GHOSTS = ("/memfd:", "/SYSV", "/dev/zero")
"""Memory that looks like a deleted file; CRIU dumps it as memory."""


def check(facts: Facts, seen: ItemFacts) -> Iterator[Finding]:
    """CRIU compares the bytes on disk."""
    limit = ghost_limit(facts.source.criu_options)
    for container in seen.containers:
        name = str(container["Name"])
        for path, size in _ghosts(seen, str(container["Id"])):
            if size > limit:
                yield Finding(
                    "ghost-limit",
                    Severity.BLOCKED,
                    f"{name} has a deleted file open ({path}, {size / 2**20:.1f} MiB), and CRIU on "
                    f"{facts.source.label} takes up to {limit / 2**20:.0f} MiB: raise its limit",
                    host=facts.source.label,
                    item=seen.item.name,
                    subject="ghost-limit",
                    cause=f"deleted files are larger than CRIU on {facts.source.label} takes",
                    route=Route.CHECKPOINT,
                    evidence=(f"{path}: {size} bytes", f"ghost-limit: {limit} bytes"),
                    fix=_raise_limit(facts),
                )


def ghost_limit(options: Mapping[str, str]) -> int:
    """Bytes, from CRIU's configuration: a number with K, M or G, or without."""
    text = options.get("ghost-limit", "").strip()
    number = text.rstrip("KMG")
    if not number.isdigit():
        return _LIMIT
    return int(number) * _UNITS.get(text[len(number) : len(number) + 1], 1)


def _ghosts(seen: ItemFacts, container_id: str) -> Iterable[tuple[str, int]]:
    inside = seen.inside.get(container_id)
    deleted = inside.deleted.items() if inside else ()
    return [(path, size) for path, size in deleted if not path.startswith(_NO_GHOSTS)]


def _raise_limit(facts: Facts) -> Fix | None:
    """One limit for all items of the source, with room for files that still grow."""
    largest = max(
        size
        for seen in facts.items.values()
        for inside in seen.inside.values()
        for path, size in inside.deleted.items()
        if not path.startswith(_NO_GHOSTS)
    )
    mib = 2 ** (2 * largest // 2**20).bit_length()
    if mib > _MOST_MIB:
        return None
    title = f"raise CRIU's limit for deleted files on {facts.source.label} to {mib} MiB"
    return set_option(title, On.SOURCE, "ghost-limit", f"{mib}M")
