"""A plan believes what was tried on the hosts over what their versions suggest."""

from core.migrate.canary import CanaryResult
from core.migrate.proof import outranked
from core.plan.planner import make_plan
from core.podman.model import Route
from tests.core.checks.facts import Case, read_facts

CASE: Case = {"items": {"web": {}}}


def test_a_canary_that_failed_blocks_what_would_go_live_and_nothing_else() -> None:
    failed = CanaryResult(False, "old → new", step="restore", why="CRIU failed")
    facts = read_facts(CASE)
    plan = make_plan(facts, {"web": Route.CHECKPOINT}, lambda report: outranked(report, failed))
    assert not make_plan(facts, {"web": Route.CHECKPOINT}).blocked
    (blocked,) = plan.blocked
    assert blocked.name == "web"
    assert not blocked.steps
