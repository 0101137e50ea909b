"""What the checks found, for `podferry check`: one JSON object, or lines for people."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from core.checks.facts import Facts
from core.checks.model import Finding, Fix, Group, Severity, Verdict, grouped
from core.checks.translate import translate
from core.checks.verdicts import Report
from core.migrate.canary import CanaryResult
from core.migrate.fixing import shown, shown_undo
from core.plan.model import PlannedCommand
from core.podman.model import HostInfo, Item, Route
from core.podman.version import dotted
from tui.widgets.units import plural

_NAMES = 8
"""Items that a group names; the others are counted."""


# JSON.


def host_json(host: HostInfo) -> dict[str, Any]:
    """What a host is, as far as scripts ask for it."""
    return {
        "host": host.label,
        "os": host.os,
        "kernel": host.kernel,
        "architecture": host.architecture,
        "podman": dotted(host.podman_version),
        "rootless": host.rootless,
        "runtime": host.runtime,
        "criu": None if host.criu_version is None else dotted(host.criu_version),
        "storage_driver": host.storage_driver,
        "graph_root": host.graph_root,
        "filesystem": host.filesystem,
        "copy_on_write": host.copy_on_write,
        "network_backend": host.network_backend,
        "cgroup_version": host.cgroup_version,
    }


def finding_json(finding: Finding, facts: Facts) -> dict[str, Any]:
    """One finding, with its fix as the commands that it would run."""
    return {
        "check": finding.check,
        "severity": finding.severity,
        "host": finding.host,
        "item": finding.item,
        "subject": finding.subject,
        "route": finding.route,
        "what": finding.what,
        "cause": finding.cause,
        "evidence": list(finding.evidence),
        "fix": _fix_json(finding.fix, facts) if finding.fix else None,
    }


def _fix_json(fix: Fix, facts: Facts) -> dict[str, Any]:
    hosts = facts.source.label, facts.target.label
    return {
        "title": fix.title,
        "commands": _commands_json(shown(fix, *hosts)),
        "undo": _commands_json(shown_undo(fix, *hosts)),
        "limits": list(fix.limits),
    }


def _commands_json(commands: Sequence[PlannedCommand]) -> list[dict[str, Any]]:
    return [{"host": command.host, "argv": list(command.argv)} for command in commands]


def item_json(item: Item, report: Report) -> dict[str, Any]:
    """One item, with its verdict for each route."""
    return {
        "name": item.name,
        "kind": item.kind,
        "advised": report.advised(item.name),
        "verdicts": {route: _verdict_json(report.verdict(item.name, route)) for route in Route},
    }


def _verdict_json(verdict: Verdict) -> dict[str, Any]:
    return {
        "word": verdict.word,
        "flags": sorted(verdict.flags),
        "blocks": [finding.what for finding in verdict.blocks],
    }


def canary_json(result: CanaryResult) -> dict[str, Any]:
    """How a canary went, with what its failure means where that is known."""
    means = translate(f"{result.why}\n{result.detail}")
    return {
        **asdict(result),
        "left": list(result.left),
        "seconds": round(result.seconds, 3),
        "cause": means.cause if means else "",
        "remedy": means.remedy if means else "",
    }


# Text.


def host_lines(host: HostInfo, report: Report) -> Iterator[str]:
    """A host, and what was found of it alone."""
    criu = "no CRIU" if host.criu_version is None else f"CRIU {dotted(host.criu_version)}"
    store = f"{host.storage_driver} on {host.filesystem}"
    root = "rootless" if host.rootless else "root"
    yield f"{host.label}: {host.os}, kernel {host.kernel}, {host.architecture}"
    podman = f"Podman {dotted(host.podman_version)} ({root})"
    yield f"  {podman}, {host.runtime}, {criu}, {store}"
    for finding in report.hosts:
        if finding.host == host.label:
            yield f"  {finding.severity}: {finding.what}"


def canary_lines(result: CanaryResult) -> Iterator[str]:
    """How a canary went: what it proved, or why it failed and what to do."""
    if result.ok:
        yield f"canary {result.where}: passed in {result.seconds:.1f} s: {result.proven}"
    else:
        yield f"canary {result.where}: failed at the step {result.step}: {result.why}"
        if means := translate(f"{result.why}\n{result.detail}"):
            yield f"  {means.cause}"
            yield f"  {means.remedy}"
        yield from (f"  {line}" for line in dict.fromkeys(result.detail.splitlines()))
    yield from (f"  left behind: {what}" for what in result.left)


def item_lines(item: Item, report: Report, route: Route | None) -> Iterator[str]:
    """An item with all that was found of it; without a route, by the one that is advised."""
    advised = report.advised(item.name)
    routes = [route] if route else [advised, *(r for r in Route if r is not advised)]
    for number, way in enumerate(routes):
        verdict = report.verdict(item.name, way)
        hint = " (advised)" if way is advised and not route else ""
        flags = f": {', '.join(sorted(verdict.flags))}" if verdict.flags else ""
        yield f"{'  ' if number else f'{item.name}: '}{way}{hint}: {verdict.word}{flags}"
        for finding in verdict.findings:
            blocks = finding.severity is Severity.BLOCKED
            if blocks or (finding.item and (finding.route or not number)):
                yield f"    {finding.severity}: {finding.what}"
                if finding.fix:
                    yield f"      fix: {finding.fix.title}"


def group_lines(groups: Sequence[Group], facts: Facts) -> Iterator[str]:
    """Findings of items by their cause, worst first, each with what settles it."""
    for group in groups:
        first = group.first
        names = ", ".join(group.items[:_NAMES])
        more = len(group.items) - _NAMES
        rest = f" and {more} more" if more > 0 else ""
        route = f", {first.route} only" if first.route else ""
        yield f"{group.severity}: {first.cause or first.what}"
        yield f"  {plural(len(group.items), 'item')}{route}: {names}{rest}"
        if group.fix:
            yield f"  fix: {group.fix.title}"
            yield from command_lines(group.fix, facts.source.label, facts.target.label)


def command_lines(fix: Fix, source: str, target: str) -> Iterator[str]:
    """The commands of a fix, and those of its way back."""
    for command in shown(fix, source, target):
        yield f"    {command.host}: {shlex.join(command.argv)}"
    for command in shown_undo(fix, source, target):
        yield f"    undone by, {command.host}: {shlex.join(command.argv)}"


def item_groups(report: Report, route: Route | None) -> tuple[Group, ...]:
    """What was found of the items by the way they would go, and what keeps them from going live."""
    found: list[Finding] = []
    for name in report.items:
        verdict = report.verdict(name, route or report.advised(name))
        found += verdict.findings
        if not route and verdict.route is Route.KUBE:
            live = report.verdict(name, Route.CHECKPOINT)
            found += (f for f in live.findings if f.route and f.severity is not Severity.LOSS)
    return grouped(f for f in found if f.item and f.severity is not Severity.NOTE)


def summary_lines(items: Sequence[Item], report: Report, route: Route | None) -> Iterator[str]:
    """An aligned line for each item: its route and its verdict."""
    if not items:
        return
    width = max(len(item.name) for item in items)
    for item in items:
        way = route or report.advised(item.name)
        yield f"{item.name.ljust(width)}  {way:<10}  {report.verdict(item.name, way).word}"
