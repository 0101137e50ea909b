"""Containers in a state that cannot be moved, or not live."""

from __future__ import annotations

from collections.abc import Iterator

from core.checks.facts import Facts, ItemFacts
from core.checks.model import Finding, Severity
from core.podman.model import Kind, Route, State


def check(facts: Facts, seen: ItemFacts) -> Iterator[Finding]:
    """Paused ones and empty pods move by no route, stopped ones only by kube."""
    item, where = seen.item, facts.source.label
    for container in item.containers:
        if container.state is State.PAUSED:
            yield Finding(
                "paused",
                Severity.BLOCKED,
                f"{container.name} is paused: unpause it first",
                host=where,
                item=item.name,
                cause="paused",
            )
        elif container.state is not State.RUNNING:
            yield Finding(
                "not-running",
                Severity.BLOCKED,
                f"{container.name} does not run, so there is nothing to freeze: "
                "mark it for kube export",
                host=where,
                item=item.name,
                cause="not running, so there is nothing to freeze",
                route=Route.CHECKPOINT,
            )
    if item.kind is Kind.POD and not item.containers:
        yield Finding(
            "pod-empty",
            Severity.BLOCKED,
            "the pod has no containers, so there is nothing to move",
            host=where,
            item=item.name,
            cause="the pod has no containers",
        )
