"""A canary's result over what was guessed from versions."""

import pytest

from core.checks.model import Finding, Severity
from core.checks.verdicts import Report
from core.migrate.canary import CanaryResult
from core.migrate.proof import finding, outranked
from core.podman.model import Route

PASSED = CanaryResult(True, "old → new", "its memory went on from 7 to 8", 2.0)
FAILED = CanaryResult(
    False,
    "old → new",
    step="dump",
    why="old: `podman container checkpoint` failed",
    detail='Error (criu/util.c:641): execvp("iptables-restore", ...) failed: No such file',
)
GUESSES = tuple(
    Finding(f"{severity}-{route}", severity, "a guess.", host="old", route=route)
    for severity in (Severity.BLOCKED, Severity.LOSS, Severity.NOTE)
    for route in (Route.CHECKPOINT, Route.KUBE, None)
)
TAKEN = Finding("name-taken", Severity.BLOCKED, "taken", host="new", item="db")


def test_what_a_canary_disproves_is_but_a_note() -> None:
    live = Finding("criu-vdso", Severity.BLOCKED, "a guess", host="old", route=Route.CHECKPOINT)
    report = Report((live,), {"web": (), "db": (TAKEN,)})
    assert report.verdict("web", Route.CHECKPOINT).word == "blocked"
    proven = outranked(report, PASSED)
    assert proven.verdict("web", Route.CHECKPOINT).word == "ready"
    assert proven.advised("web") is Route.CHECKPOINT
    assert proven.verdict("db", Route.CHECKPOINT).word == "blocked", "that was no guess"
    assert "a guess (but the canary passed)" in [f.what for f in proven.hosts]


def test_only_guesses_about_going_live_are_disproved() -> None:
    kept = outranked(Report(GUESSES, {}), PASSED).hosts[1:]
    changed = [old.check for old, new in zip(GUESSES, kept, strict=True) if old != new]
    assert changed == ["blocked-checkpoint", "loss-checkpoint"]


def test_a_canary_that_failed_blocks_what_looked_ready_with_cause_and_remedy() -> None:
    report = outranked(Report(GUESSES, {"web": ()}), FAILED)
    assert report.hosts[1:] == GUESSES
    bare = outranked(Report((), {"web": ()}), FAILED)
    (block,) = bare.verdict("web", Route.CHECKPOINT).blocks
    assert "there is no iptables" in block.what
    assert "apt-get install iptables" in block.what
    assert block.evidence == (FAILED.detail,)
    assert bare.verdict("web", Route.KUBE).word == "ready"
    assert bare.advised("web") is Route.KUBE


@pytest.mark.parametrize("step", ["prepare", "start"])
def test_what_could_not_be_tried_proves_nothing(step: str) -> None:
    result = CanaryResult(False, "old", step=step, why="old: there is no canary for mips")
    report = outranked(Report((), {"web": ()}), result)
    assert report.verdict("web", Route.CHECKPOINT).word == "ready"
    assert "no canary for mips" in report.hosts[0].what


def test_a_failure_that_is_not_known_is_told_as_it_is() -> None:
    told = finding(CanaryResult(False, "old", step="restore", why="old: odd", detail="a\nb"))
    assert told.what == "a canary failed at the step restore (old): old: odd"
    assert told.evidence == ("a", "b")
