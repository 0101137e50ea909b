"""Items as kube YAML that is kept: repaired, and with what YAML cannot carry told."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from core.checks.model import Severity
from core.checks.survey import complete, survey_alone
from core.checks.verdicts import look
from core.plan.kube import Repaired, repair
from core.podman.engine import Engine
from core.podman.model import Route


@dataclass(frozen=True, slots=True)
class Exported:
    """One item."""

    name: str
    repaired: Repaired
    losses: tuple[str, ...]
    """What it has and the YAML has not."""
    blocks: tuple[str, ...]
    """Why there is no YAML."""


async def export(host: Engine, names: Collection[str]) -> list[Exported]:
    """The items of these names, in their order. Raises PodferryError."""
    marks = dict.fromkeys(names, Route.KUBE)
    facts = await complete(await survey_alone(host, marks), host, marks)
    report = look(facts, marks)
    exported = []
    for name in names:
        seen = facts.items.get(name)
        if seen is None or seen.kube_error:
            why = seen.kube_error if seen else f"{name} is not on {host.label} any more"
            exported.append(Exported(name, Repaired(), (), (why,)))
            continue
        made = repair(facts, seen)
        found = report.verdict(name, Route.KUBE).findings
        losses = dict.fromkeys(f.what for f in found if f.severity is Severity.LOSS)
        exported.append(Exported(name, made, tuple(losses), made.blocks))
    return exported
