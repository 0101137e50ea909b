"""What the journal keeps of an item's plan: enough to carry on with it, and no secret.

Kube YAML and command lines stay out: they may hold passwords, and nothing is played twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.checks.model import Flag
from core.journal.journal import JournalItem
from core.plan.model import ItemPlan, Step, StepKind
from core.podman.model import Kind, Route


def to_memo(plan: ItemPlan) -> Mapping[str, Any]:
    """As the journal keeps it."""
    return {
        "steps": [[s.kind, s.subject, s.label, list(s.names), s.value] for s in plan.steps],
        "containers": list(plan.containers),
        "container_ids": list(plan.container_ids),
        "was_running": plan.was_running,
        "flags": sorted(plan.flags),
        "losses": list(plan.losses),
    }


def from_memo(item: JournalItem) -> ItemPlan:
    """The plan of a journalled item, without what is not kept of it."""
    memo = item.memo
    return ItemPlan(
        name=item.name,
        id=item.id,
        kind=Kind(item.kind),
        route=Route(item.route),
        steps=tuple(
            Step(StepKind(kind), subject, label=label, names=tuple(names), value=value)
            for kind, subject, label, names, value in memo.get("steps", ())
        ),
        losses=tuple(memo.get("losses", ())),
        containers=tuple(memo.get("containers", ())),
        container_ids=tuple(memo.get("container_ids", ())),
        was_running=bool(memo.get("was_running", True)),
        flags=frozenset(Flag(flag) for flag in memo.get("flags", ())),
    )
