"""Plans as data: each file in cases/ holds facts and marks, and the plan that they must give.

`losses` leaves out what every move by kube loses (see `_ALWAYS`); one case spells it out.
"""

from pathlib import Path
from typing import Any

import pytest
import yaml

from core.plan.model import ItemPlan
from core.plan.planner import make_plan
from core.podman.model import Route
from tests.core.checks.facts import read_facts

CASES = sorted((Path(__file__).parent / "cases").glob("*.yaml"))
_ALWAYS = (
    "memory and processes do not travel by kube: its programs start afresh",
    ": files changed in its writable layer do not travel by kube",
    "-pod with one container",
)
_TOP = {
    "source", "target", "target_has", "items", "networks", "images", "volume_users",
    "missing_paths", "marks", "plan",
}  # fmt: skip
_TOLD = {
    "steps", "blocks", "losses", "all_losses", "networks", "no_pod_prefix", "start", "bytes",
    "kube", "values", "commands", "was_running", "flags",
}  # fmt: skip


@pytest.mark.parametrize("path", CASES, ids=[path.stem for path in CASES])
def test_case(path: Path) -> None:
    case = yaml.safe_load(path.read_text())
    assert set(case) <= _TOP
    marks = {name: Route(route) for name, route in case["marks"].items()}
    plan = make_plan(read_facts(case), marks)
    assert [item.name for item in plan.items] == list(marks)
    assert set(case["plan"]) == set(marks)
    for item in plan.items:
        expected = case["plan"][item.name]
        assert set(expected) <= _TOLD
        assert {key: _told(item, key) for key in expected} == expected
        assert item.route is marks[item.name]
        if "blocks" in expected:
            assert not item.steps
        else:
            assert not item.blocks
            assert "steps" in expected
            assert _told(item, "losses") == expected.get("losses", [])


def _told(item: ItemPlan, key: str) -> Any:
    match key:
        case "steps":
            return [step.title for step in item.steps]
        case "values":
            return {step.title: step.value for step in item.steps if step.value}
        case "commands":
            return {
                step.title: [f"{c.host}: {' '.join(c.argv)}" for c in step.commands]
                for step in item.steps
                if step.commands
            }
        case "losses":
            return [loss for loss in item.losses if not loss.endswith(_ALWAYS)]
        case "all_losses":
            return list(item.losses)
        case "networks" | "no_pod_prefix" | "start":
            value = getattr(item.play, key)
            return list(value) if isinstance(value, tuple) else value
        case "bytes":
            return item.estimated_bytes
        case "kube":
            return list(yaml.safe_load_all(item.kube_yaml))
        case "was_running":
            return item.was_running
        case _:
            value = getattr(item, key)
            return sorted(value) if isinstance(value, frozenset) else list(value)


def test_there_are_cases() -> None:
    assert len(CASES) > 40
