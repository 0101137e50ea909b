"""Verdicts and advised routes, from what all checks say."""

import dataclasses
import sys
from types import FrameType
from typing import Any

import pytest

from core.checks.model import Flag
from core.checks.verdicts import advised_route, look
from core.podman.model import Route, Runtime, State
from tests.core.checks.facts import read_facts

HOSTS: list[tuple[dict[str, Any], dict[str, Any], Route]] = [
    ({}, {}, Route.CHECKPOINT),
    ({}, {"criu_version": None}, Route.KUBE),
    ({"rootless": True}, {}, Route.KUBE),
    ({"criu_version": (3, 17, 1)}, {}, Route.KUBE),
    ({"criu_version": (3, 17, 1), "kernel": "6.1.0"}, {}, Route.CHECKPOINT),
    ({}, {"criu_version": (4, 1, 1)}, Route.KUBE),
    ({"criu_version": (4, 1, 1)}, {}, Route.CHECKPOINT),
    ({"criu_version": (4, 2, 1)}, {"criu_version": (4, 2)}, Route.CHECKPOINT),
    ({"tools": frozenset({"nft"})}, {}, Route.KUBE),
    (
        {"cpu_flags": frozenset({"xsave", "avx2"})},
        {"cpu_flags": frozenset({"xsave"})},
        Route.KUBE,
    ),
    ({}, {"criu_trouble": "Error: no"}, Route.KUBE),
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
]


@pytest.mark.parametrize("source,target,route", HOSTS)
def test_the_advice_from_a_listing_is_that_of_the_survey(
    source: dict[str, Any], target: dict[str, Any], route: Route
) -> None:
    case = {"items": {"web": {"container": {"inspect": {"OCIRuntime": "crun"}}}}}
    facts = read_facts(case)
    facts = dataclasses.replace(
        facts,
        source=dataclasses.replace(facts.source, **source),
        target=dataclasses.replace(facts.target, **target),
    )
    assert advised_route(facts.items["web"].item, facts.source, facts.target) is route
    assert look(facts).advised("web") is route


@pytest.mark.parametrize(
    "item,more,route",
    [
        ({"state": "exited", "container": {"state": "exited"}}, {}, Route.KUBE),
        ({"container": {"inside": {"established": ["a"]}}}, {}, Route.CHECKPOINT),
        ({"container": {"inside": {"anonymous": ["io_uring"]}}}, {}, Route.KUBE),
        # Room can be made: no reason to give the memory up.
        ({"memory": 2**30}, {"target_has": {"free_bytes": 2**29}}, Route.CHECKPOINT),
        # What hinders both routes, or kube alone, says nothing against the better one.
        ({"container": {}}, {"target_has": {"pods": ["web"]}}, Route.CHECKPOINT),
        ({"kube_error": "devices"}, {}, Route.CHECKPOINT),
        ({"pod": {}}, {}, Route.CHECKPOINT),
        ({"state": "paused", "container": {"state": "paused"}}, {}, Route.CHECKPOINT),
    ],
)
def test_advice_by_what_the_item_is(
    item: dict[str, Any], more: dict[str, Any], route: Route
) -> None:
    assert look(read_facts({"items": {"web": item}, **more})).advised("web") is route


def test_nothing_of_an_item_runs_is_seen_in_a_listing_too() -> None:
    facts = read_facts({"items": {"web": {"state": "exited", "container": {"state": "exited"}}}})
    item = facts.items["web"].item
    assert item.containers[0].state is State.EXITED
    assert advised_route(item, facts.source, facts.target) is Route.KUBE


def test_without_a_target_the_source_decides() -> None:
    facts = read_facts({"items": {"web": None}})
    item = facts.items["web"].item
    assert advised_route(item, facts.source, None) is Route.CHECKPOINT
    unable = dataclasses.replace(facts.source, criu_version=None)
    assert advised_route(item, unable, None) is Route.KUBE


def test_verdicts_by_route() -> None:
    report = look(
        read_facts(
            {
                "target": {"criu": None},
                "items": {
                    "web": {"container": {"inside": {"locked": ["/l"], "established": ["a"]}}},
                    "db": {"container": {"inspect": {"HostConfig": {"AutoRemove": True}}}},
                },
            }
        )
    )
    live = report.verdict("web", Route.CHECKPOINT)
    assert live.word == "blocked"
    assert [f.check for f in live.blocks] == ["criu-missing"]
    assert report.verdict("web", Route.KUBE).word == "ready"
    assert not report.verdict("web", Route.KUBE).flags
    assert report.verdict("db", Route.KUBE).word == "blocked"
    report = look(read_facts({"items": {"web": {"container": {"inside": {"locked": ["/l"]}}}}}))
    ready = report.verdict("web", Route.CHECKPOINT)
    assert ready.word == "ready with flags"
    assert ready.flags == {Flag.FILE_LOCKS}


def test_notes_of_a_host_stay_out_of_its_items_verdicts() -> None:
    report = look(read_facts({"items": {"web": None}, "source": {"features": ["x"]}}))
    assert [f.check for f in report.hosts] == ["no-memory-tracking"]
    checks = {f.check for f in report.verdict("web", Route.CHECKPOINT).findings}
    assert "no-memory-tracking" not in checks
    assert report.findings[0] is report.hosts[0]


def calls_for(singles: int) -> int:
    """How many calls a report takes on so many containers, and a fifth as many pods."""
    items: dict[str, Any] = {
        f"single{n}": {"container": {"mounts": [f"v{n}:/d"], "networks": ["web"]}}
        for n in range(singles)
    }
    for n in range(singles // 5):
        made = {f"c{n}-{k}": {"restart": "always", "labels": {"a": "b"}} for k in range(5)}
        items[f"pod{n}"] = {"pod": {"networks": ["web"]}, "containers": made}
    facts = read_facts({"items": items, "networks": {"web": ["10.77.0.0/24"]}})
    marks = dict.fromkeys(items, Route.CHECKPOINT)
    calls = 0

    def count(frame: FrameType, event: str, arg: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        report = look(facts, marks)
    finally:
        sys.setprofile(before)
    assert len(report.items) == len(items)
    return calls


def test_a_report_on_twice_as_many_items_takes_twice_as_long() -> None:
    calls_for(5)  # What is compiled or kept once is not counted.
    assert calls_for(150) < 2.1 * calls_for(75)
