"""What a restored checkpoint is, against what its container was when it was kept."""

from __future__ import annotations

import dataclasses

import msgspec

from core.evidence.gather import gather
from core.evidence.model import Aspect, Compared, Evidence, Verdict
from core.evidence.rules import compare
from core.migrate.keep.restoring import Found
from core.podman.engine import Engine
from core.podman.model import Inspection, Route
from core.podman.options import RestoreOptions


async def compare_restored(
    engine: Engine, found: Found, restored: Inspection
) -> tuple[Compared, ...]:
    """Each kind of evidence that the sidecar holds; nothing where it holds none.

    Files are no part of it: what arrived was compared by digest. Raises PodferryError.
    """
    before = _kept(found)
    if before is None:
        return ()
    # A copy is compared under the name of what it is a copy of.
    after = await gather(engine, [str(restored["Id"])], {str(restored["Id"]): found.subject.name})
    compared = compare(before, after, Route.CHECKPOINT)
    return tuple(_as_asked(told, found.options) for told in compared)


def _kept(found: Found) -> Evidence | None:
    """None also if a later Podferry kept what this one does not understand."""
    try:
        return msgspec.convert(found.subject.evidence, Evidence)
    except msgspec.ValidationError:
        return None


def _as_asked(told: Compared, options: RestoreOptions) -> Compared:
    """Another pod has networks of its own: the operator has chosen them."""
    if told.aspect is Aspect.NETWORKS and options.pod and told.verdict is Verdict.DIFFERENT:
        return dataclasses.replace(told, verdict=Verdict.EXPECTED)
    return told
