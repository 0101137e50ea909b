"""Looking at facts with all checks: findings, verdicts and the routes that they advise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from core.checks import criu, processor, space
from core.checks.claims import claims, clashes
from core.checks.facts import Facts
from core.checks.model import Finding, On, Severity, Verdict
from core.checks.registry import HOST_CHECKS, ITEM_CHECKS
from core.checks.runtimes import runtime_lacks
from core.podman.model import HostInfo, Inventory, Item, Route, State, Thing

_IN_VAIN = (criu.OLDER, processor.FEATURES)
NO_MARKS: Mapping[str, Route] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Report:
    """What all checks said of both hosts and of every item."""

    hosts: tuple[Finding, ...]
    """Those about a host alone."""
    items: Mapping[str, tuple[Finding, ...]]
    """Those about an item, by its name."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All of them, the hosts' first."""
        return (*self.hosts, *(f for found in self.items.values() for f in found))

    def verdict(self, name: str, route: Route) -> Verdict:
        """Whether an item can go by a route; a host's findings count unless they are mere notes."""
        hosts = tuple(f for f in self.hosts if f.severity is not Severity.NOTE)
        found = (*self.items.get(name, ()), *hosts)
        return Verdict(name, route, tuple(f for f in found if f.route in (None, route)))

    def advised(self, name: str) -> Route:
        """Live, unless something stands in the way that would not stand in that of kube."""
        return _advised((*self.items.get(name, ()), *self.hosts))


def look(facts: Facts, marks: Mapping[str, Route] = NO_MARKS) -> Report:
    """Run all checks. Marks tell what the marked items, in their order, take from each other."""
    items = {
        name: tuple(f for check in ITEM_CHECKS for f in check(facts, seen))
        for name, seen in facts.items.items()
    }
    report = Report(_hosts(facts), items)
    claimed: dict[tuple[Thing, str], str] = {}
    for name, route in marks.items():
        if seen := facts.items.get(name):
            items[name] += tuple(clashes(seen, route, claimed))
            if not report.verdict(name, route).blocks:
                claimed.update(claims(seen, route))
    return report


def advised_route(item: Item, source: HostInfo, target: HostInfo | None) -> Route:
    """The route to advise before both hosts were surveyed, from a listing alone.

    A listing does not tell the OCI runtime: the source's default is taken for it. A target that
    is not known yet is taken to be like the source.
    """
    target = target or source
    all_run = bool(item.containers) and all(c.state is State.RUNNING for c in item.containers)
    if not all_run or any(runtime_lacks(source, target, source.runtime)):
        return Route.KUBE
    nothing = Inventory({}, {}, frozenset(), frozenset(), frozenset(), 0, frozenset(), {})
    bare = Facts(source, target, nothing, nothing, {}, {}, {}, {}, {}, frozenset())
    return _advised(_hosts(bare))


def _hosts(facts: Facts) -> tuple[Finding, ...]:
    sides = ((facts.source, On.SOURCE), (facts.target, On.TARGET))
    return tuple(f for host, on in sides for check in HOST_CHECKS for f in check(facts, host, on))


def _advised(findings: tuple[Finding, ...]) -> Route:
    """Kube where a checkpoint alone is blocked, or likely to be in vain.

    Where only room is missing nobody is advised to give the memory up: room can be made.
    """
    against = (
        f.route is Route.CHECKPOINT
        and (f.severity is Severity.BLOCKED or f.check in _IN_VAIN)
        and f.check != space.NO_ROOM
        for f in findings
    )
    return Route.KUBE if any(against) else Route.CHECKPOINT
