"""Images that the target lacks, or knows by another ID."""

from __future__ import annotations

from collections.abc import Iterator

from core.checks.facts import Facts, ItemFacts
from core.checks.model import Cargo, Carry, Finding, Fix, On, Run, Severity
from core.podman.model import SHORT_ID


def check(facts: Facts, seen: ItemFacts) -> Iterator[Finding]:
    """A run stages the exact ID; a tag that means another image there is left alone."""
    item, where = seen.item.name, facts.target.label
    images = {
        str(c["Image"]).removeprefix("sha256:"): str(c.get("ImageName") or "")
        for c in seen.containers
    }
    for image, name in images.items():
        if image not in facts.target_has.images:
            size = int((facts.images.get(image) or {}).get("Size") or 0)
            yield Finding(
                "image-missing",
                Severity.NOTE,
                f"image {name or image[:SHORT_ID]} is missing on {where}: the run brings it "
                f"({size / 2**20:.0f} MiB)",
                host=where,
                item=item,
                subject=image,
                cause=f"image {name or image[:SHORT_ID]} is missing on {where}",
                evidence=(f"{name}: {image[:SHORT_ID]}",),
                fix=_stage(facts, image, name),
            )
        for other, tags in facts.target_has.images.items():
            if name and name in tags and other != image:
                yield Finding(
                    "image-differs",
                    Severity.NOTE,
                    f"{name} means another image on {where}: this one comes by its ID, and "
                    "the name stays where it is",
                    host=where,
                    item=item,
                    subject=name,
                    cause=f"{name} means another image on {where}",
                    evidence=(
                        f"{facts.source.label}: {image[:SHORT_ID]}",
                        f"{where}: {other[:SHORT_ID]}",
                    ),
                )


def _stage(facts: Facts, image: str, name: str) -> Fix:
    return Fix(
        f"bring image {name or image[:SHORT_ID]} to {facts.target.label} now",
        (Carry(Cargo.IMAGE, image),),
        undo=(Run(On.TARGET, ("podman", "image", "rm", "--", image)),),
        limits=("It only takes that time out of the run.",),
    )
