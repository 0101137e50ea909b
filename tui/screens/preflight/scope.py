"""Which findings are shown, in which order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from core.checks.model import Finding, Group, Severity, grouped
from core.checks.verdicts import Report
from core.migrate.proof import CANARY
from core.podman.model import Route


def relevant(report: Report, marks: Mapping[str, Route], *, marked_only: bool) -> list[Finding]:
    """What concerns the marked items by their routes, or all items by theirs or the advised ones.

    Of an item that is advised to go by kube, what stands in the way of its checkpoint is told too.
    """
    advised = {} if marked_only else {name: report.advised(name) for name in report.items}
    routes = {**advised, **marks}

    def matters(finding: Finding) -> bool:
        name, route = finding.item, finding.route
        if not name:
            return not marked_only or route is None or route in routes.values()
        if name not in routes:
            return False
        why_kube = name not in marks and finding.severity is Severity.BLOCKED
        return route in (None, routes[name]) or (why_kube and route is Route.CHECKPOINT)

    return [f for f in report.findings if matters(f)]


def key_of(group: Group) -> str:
    """What stays of a group through another look at the hosts."""
    first = group.first
    return f"{first.check}\0{first.host}\0{first.subject}"


def ordered(findings: Iterable[Finding]) -> list[Group]:
    """By cause, the worst first; what was really tried stands above what is only known."""
    return sorted(grouped(findings), key=lambda group: group.first.check != CANARY)
