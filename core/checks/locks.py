"""Files that an item's processes hold a lock on."""

from __future__ import annotations

from collections.abc import Iterator

from core.checks.facts import Facts, ItemFacts
from core.checks.model import Finding, Flag, Severity
from core.podman.model import Route


def check(facts: Facts, seen: ItemFacts) -> Iterator[Finding]:
    """CRIU refuses them without the flag, as it cannot see who else may want the lock."""
    for container in seen.containers:
        inside = seen.inside.get(str(container["Id"]))
        if inside is None or not inside.locked:
            continue
        name, count = str(container["Name"]), len(inside.locked)
        yield Finding(
            "file-locks",
            Severity.FLAGS,
            f"{name} holds locks on {count} {'file' if count == 1 else 'files'}: "
            "dumped and restored with --file-locks",
            host=facts.source.label,
            item=seen.item.name,
            cause="file locks are held",
            route=Route.CHECKPOINT,
            evidence=inside.locked,
            flags=frozenset({Flag.FILE_LOCKS}),
        )
