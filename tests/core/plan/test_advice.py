"""The route that is advised, by what the hosts can do."""

import dataclasses
from typing import Any

import pytest

from core.plan.advice import advised_route
from core.podman.model import Route, Runtime
from tests.core.plan.facts import read_facts


@pytest.mark.parametrize(
    "source,target,route",
    [
        ({}, {}, Route.CHECKPOINT),
        ({}, {"criu_version": None}, Route.KUBE),
        ({"rootless": True}, {}, Route.KUBE),
        ({"criu_version": (3, 17, 1)}, {}, Route.KUBE),
        ({"criu_version": (3, 17, 1), "kernel": "6.1.0"}, {}, Route.CHECKPOINT),
        ({}, {"criu_version": (4, 1, 1)}, Route.KUBE),
        ({"criu_version": (4, 1, 1)}, {}, Route.CHECKPOINT),
        ({"criu_version": (4, 2, 1)}, {"criu_version": (4, 2)}, Route.CHECKPOINT),
        ({}, {"runtimes": (Runtime("runc", (1, 3)),)}, Route.KUBE),
        ({}, {"runtimes": (Runtime("crun", (1, 8), False),)}, Route.KUBE),
        (
            {"runtimes": (Runtime("crun", (1, 28)),)},
            {"runtimes": (Runtime("crun", (1, 21)),)},
            Route.KUBE,
        ),
        (
            {"runtimes": (Runtime("crun", (1, 21)),)},
            {"runtimes": (Runtime("crun", (1, 28)),)},
            Route.CHECKPOINT,
        ),
    ],
)
def test_advice(source: dict[str, Any], target: dict[str, Any], route: Route) -> None:
    facts = read_facts({"items": {"web": None}})
    item = facts.items["web"].item
    hosts = (
        dataclasses.replace(facts.source, **source),
        dataclasses.replace(facts.target, **target),
    )
    assert advised_route(item, *hosts) is route
