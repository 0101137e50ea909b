"""Folders of the host that containers mount: their contents do not travel."""

from __future__ import annotations

from collections.abc import Iterator

from core.checks.facts import Facts, ItemFacts, bind_sources
from core.checks.model import Cargo, Carry, Finding, Fix, Severity


def check(facts: Facts, seen: ItemFacts) -> Iterator[Finding]:
    """The target must have a file or folder of the same path."""
    item, where = seen.item.name, facts.target.label
    for path in sorted({p for c in seen.containers for p in bind_sources(c)}):
        if path in facts.missing_paths:
            yield Finding(
                "bind-missing",
                Severity.BLOCKED,
                f"{path}, which it mounts, does not exist on {where}: "
                "make it there and copy its contents",
                host=where,
                item=item,
                subject=path,
                cause=f"{path} does not exist on {where}",
                fix=_make_and_copy(facts, path),
            )
        elif path in facts.differing_paths:
            yield Finding(
                "bind-differs",
                Severity.BLOCKED,
                f"{path}, which it mounts, is a folder on one host and none on the other: "
                f"make it on {where} like on {facts.source.label}",
                host=where,
                item=item,
                subject=path,
                cause=f"{path} is another kind of file on {where}",
            )
        else:
            yield Finding(
                "bind-contents",
                Severity.LOSS,
                f"the contents of {path} do not travel: the target's own {path} is mounted",
                host=where,
                item=item,
                subject=path,
                cause=f"the contents of {path} do not travel",
            )


def _make_and_copy(facts: Facts, path: str) -> Fix:
    source, where = facts.source.label, facts.target.label
    return Fix(
        f"make {path} on {where} and copy its contents from {source}",
        (Carry(Cargo.FOLDER, path),),
        limits=(
            f"It is for a folder; if {path} is a single file, copy it by hand.",
            f"What {source} writes to {path} after the copy is not carried over.",
            f"It stays on {where} when the item is rolled back; remove it there by hand.",
        ),
    )
