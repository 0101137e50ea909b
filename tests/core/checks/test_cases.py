"""Checks as data: a file per kind of finding, with facts where it fires and where it must not.

Every case is a whole pair of hosts; `findings` holds what that check says, and no more of each
finding than the case is about. Other checks may say what they like.
"""

from pathlib import Path
from typing import Any

import pytest
import yaml

from core.checks.model import Finding, On, Run, grouped
from core.checks.registry import HOST_CHECKS, ITEM_CHECKS
from core.checks.translate import catalogue
from core.checks.verdicts import look
from core.podman.model import Route
from tests.core.checks.facts import read_facts

FILES = sorted((Path(__file__).parent / "cases").glob("*.yaml"))
PLANS = sorted((Path(__file__).parents[1] / "plan" / "cases").glob("*.yaml"))
_TOP = {
    "source", "target", "source_has", "target_has", "items", "networks", "images", "volume_users",
    "missing_paths", "differing_paths", "changed_files", "marks", "findings",
}  # fmt: skip


def _cases() -> list[Any]:
    found = []
    for path in FILES:
        file = yaml.safe_load(path.read_text())
        assert set(file) == {"fires", "silent"}, path
        assert file["fires"], path
        assert file["silent"], path
        for word, cases in file.items():
            for number, case in enumerate(cases):
                found.append(pytest.param(path.stem, case, id=f"{path.stem}-{word}-{number}"))
                assert bool(case.get("findings")) is (word == "fires"), path
    return found


def _look(case: dict[str, Any]) -> tuple[Finding, ...]:
    marks = {name: Route(route) for name, route in (case.get("marks") or {}).items()}
    return look(read_facts({"items": {"web": None}, **case}), marks).findings


@pytest.mark.parametrize("check,case", _cases())
def test_case(check: str, case: dict[str, Any]) -> None:
    assert set(case) <= _TOP
    expected = case.get("findings") or []
    said = [f for f in _look(case) if f.check == check]
    told = [{key: _told(f, key) for key in want} for f, want in zip(said, expected, strict=False)]
    assert told == expected
    assert len(said) == len(expected)
    assert all(finding.what and finding.cause for finding in said)


def _told(finding: Finding, key: str) -> Any:
    match key:
        case "fix":
            return finding.fix.title if finding.fix else None
        case "commands":
            assert finding.fix
            acts = [a for a in finding.fix.acts if isinstance(a, Run)]
            return [f"{a.on}: {' '.join(word for word in a.argv if len(word) < 80)}" for a in acts]
        case "undo":
            assert finding.fix
            return [" ".join(w for w in run.argv if len(w) < 80) for run in finding.fix.undo]
        case "flags":
            return sorted(finding.flags)
        case "evidence":
            return list(finding.evidence)
        case "route":
            return finding.route and str(finding.route)
        case _:
            return str(getattr(finding, key))


def test_every_kind_of_finding_has_its_cases() -> None:
    kinds = {f.check for case in _all_facts() for f in _look(case)}
    assert kinds == {path.stem for path in FILES}


def test_every_check_fires_somewhere() -> None:
    seen = [read_facts({"items": {"web": None}, **case}) for case in _all_facts()]
    items = [(facts, item) for facts in seen for item in facts.items.values()]
    assert [check for check in ITEM_CHECKS if not any(any(check(*pair)) for pair in items)] == []
    hosts = [(f, f.source, On.SOURCE) for f in seen] + [(f, f.target, On.TARGET) for f in seen]
    assert [check for check in HOST_CHECKS if not any(any(check(*host)) for host in hosts)] == []


def test_findings_of_a_group_have_one_cause_and_one_fix() -> None:
    for case in _all_facts():
        for group in grouped(_look(case)):
            assert len({f.cause for f in group.findings}) == 1, group
            assert all(f.fix == group.fix for f in group.findings), group


def _all_facts() -> list[dict[str, Any]]:
    files = [yaml.safe_load(path.read_text()) for path in FILES]
    cases = [case for file in files for group in file.values() for case in group]
    return [yaml.safe_load(path.read_text()) for path in PLANS] + cases


def test_failures_that_name_a_key_are_those_whose_check_offers_a_fix() -> None:
    offers = {
        finding.check
        for path in FILES
        for case in yaml.safe_load(path.read_text())["fires"]
        for finding in _look(case)
        if finding.fix
    }
    named = {failure.check: failure.key for failure in catalogue() if failure.check}
    assert {check for check, key in named.items() if key} == offers & set(named)
