"""What `podferry check` says of facts that are known, as text and as JSON."""

import json
from dataclasses import replace
from typing import Any

import pytest

from core.checks.facts import Facts
from core.checks.model import Finding, Fix, Flag, On, Run, Severity
from core.checks.survey import survey
from core.checks.verdicts import Report
from core.migrate.canary import CanaryResult
from core.podman.model import Item, Route
from core.simulated.estates import seed_pair
from tui import checking

MAKE = Fix(
    "create network web on new",
    (Run(On.TARGET, ("podman", "network", "create", "my web")),),
    (Run(On.TARGET, ("podman", "network", "rm", "my web")),),
    ("It has no containers.",),
)


def finding(check: str, severity: Severity, item: str = "", **more: Any) -> Finding:
    return replace(Finding(check, severity, f"{check} of {item or 'host'}", item=item), **more)


@pytest.fixture
async def facts() -> Facts:
    old, new = seed_pair()
    await old.connect()
    await new.connect()
    return await survey(old, new)


@pytest.fixture
def items(facts: Facts) -> list[Item]:
    return [seen.item for seen in facts.items.values()][:4]


@pytest.fixture
def report(facts: Facts, items: list[Item]) -> Report:
    one, two, three, four = (item.name for item in items)
    old = facts.source.label
    blocked = {"cause": "network web is missing", "host": "new", "subject": "web", "fix": MAKE}
    live = {"route": Route.CHECKPOINT}
    return Report(
        hosts=(finding("copy-on-write", Severity.NOTE, host=old, route=Route.CHECKPOINT),),
        items={
            one: (finding("network-missing", Severity.BLOCKED, one, **blocked),),
            two: (finding("network-missing", Severity.BLOCKED, two, **blocked),),
            three: (
                finding("file-locks", Severity.FLAGS, three, flags={Flag.FILE_LOCKS}, **live),
                finding("kube-memory", Severity.LOSS, three, route=Route.KUBE),
            ),
            four: (
                finding("open-file", Severity.BLOCKED, four, **live),
                finding("mac-changes", Severity.LOSS, four, **live),
                finding("kube-layer", Severity.LOSS, four, route=Route.KUBE),
            ),
        },
    )


def test_json_of_findings_is_json_and_shows_the_fix_as_commands(
    facts: Facts, report: Report, items: list[Item]
) -> None:
    told = [checking.finding_json(found, facts) for found in report.findings]
    assert json.loads(json.dumps(told)) == told
    fix = next(t["fix"] for t in told if t["check"] == "network-missing")
    target = facts.target.label
    assert fix["commands"] == [{"host": target, "argv": ["podman", "network", "create", "my web"]}]
    assert fix["undo"][0]["host"] == target
    assert fix["limits"] == ["It has no containers."]
    assert [t["fix"] for t in told if t["check"] == "open-file"] == [None]


def test_json_of_items_has_a_verdict_for_each_route(report: Report, items: list[Item]) -> None:
    one, _, three, four = (checking.item_json(item, report) for item in items)
    assert one["verdicts"]["kube"]["word"] == "blocked"
    assert one["verdicts"]["checkpoint"]["blocks"] == [f"network-missing of {items[0].name}"]
    assert three["verdicts"]["checkpoint"] == {
        "word": "ready with flags",
        "flags": ["file-locks"],
        "blocks": [],
    }
    assert (three["advised"], four["advised"]) == ("checkpoint", "kube")
    json.dumps([one, three, four])


def test_a_host_is_told_with_its_own_findings_only(facts: Facts, report: Report) -> None:
    old = list(checking.host_lines(facts.source, report))
    new = list(checking.host_lines(facts.target, report))
    assert old[0].startswith(f"{facts.source.label}: ")
    assert "  note: copy-on-write of host" in old
    assert not any("note" in line for line in new)
    json.dumps([checking.host_json(host) for host in (facts.source, facts.target)])


def test_a_cause_is_told_once_for_all_items_with_its_commands(
    facts: Facts, report: Report, items: list[Item]
) -> None:
    lines = list(checking.group_lines(checking.item_groups(report, None), facts))
    one, two, three, four = (item.name for item in items)
    assert lines[:4] == [
        "blocked: network web is missing",
        f"  2 items: {one}, {two}",
        "  fix: create network web on new",
        f"    {facts.target.label}: podman network create 'my web'",
    ]
    text = "\n".join(lines)
    assert f"1 item, checkpoint only: {four}" in text, "why it does not go live"
    assert f"1 item, kube only: {four}" in text, "what it loses by the way that it goes"
    assert f"kube only: {three}" not in text, "it does not go that way"
    assert "mac-changes" not in text, "nor does this one go live"


def test_a_route_that_is_asked_for_is_the_only_one(
    facts: Facts, report: Report, items: list[Item]
) -> None:
    text = "\n".join(checking.group_lines(checking.item_groups(report, Route.CHECKPOINT), facts))
    assert "kube" not in text
    lines = list(checking.item_lines(items[3], report, Route.CHECKPOINT))
    assert lines[0] == f"{items[3].name}: checkpoint: blocked"
    assert "    blocked: open-file of " + items[3].name in lines
    assert not any("kube" in line for line in lines)


def test_an_item_that_is_blocked_says_why_by_each_route(report: Report, items: list[Item]) -> None:
    lines = list(checking.item_lines(items[0], report, None))
    assert [line for line in lines if "blocked: network-missing" in line] == [
        f"    blocked: network-missing of {items[0].name}"
    ] * 2
    assert "      fix: create network web on new" in lines


def test_many_items_are_counted(facts: Facts) -> None:
    names = [f"c{n}" for n in range(30)]
    same = {
        n: (finding("port-taken", Severity.BLOCKED, n, host="new", subject="80"),) for n in names
    }
    lines = list(checking.group_lines(checking.item_groups(Report((), same), None), facts))
    assert "30 items" in lines[1]
    assert lines[1].endswith("c7 and 22 more")


def test_each_item_has_a_line_with_its_verdict(report: Report, items: list[Item]) -> None:
    lines = list(checking.summary_lines(items, report, None))
    assert [line.split(maxsplit=2)[1:] for line in lines] == [
        ["checkpoint", "blocked"],
        ["checkpoint", "blocked"],
        ["checkpoint", "ready with flags"],
        ["kube", "ready"],
    ]
    assert not list(checking.summary_lines([], report, None))


def test_a_canary_is_told_with_what_its_failure_means() -> None:
    why, detail = "old: `podman x` failed", 'execvp("iptables-restore", ...) failed\nodd\nodd'
    failed = CanaryResult(False, "old → new", step="dump", why=why, detail=detail, left=("tar",))
    lines = list(checking.canary_lines(failed))
    assert lines[0] == f"canary old → new: failed at the step dump: {why}"
    assert "iptables" in lines[1]
    assert lines[3:] == ['  execvp("iptables-restore", ...) failed', "  odd", "  left behind: tar"]
    told = checking.canary_json(failed)
    assert json.loads(json.dumps(told)) == told
    assert "apt-get" in told["remedy"]

    passed = CanaryResult(True, "old", "its memory went on from 7 to 8", 2.0)
    assert list(checking.canary_lines(passed)) == [
        "canary old: passed in 2.0 s: its memory went on from 7 to 8"
    ]
    assert checking.canary_json(passed)["cause"] == ""
