"""What a canary proves weighs more than what version numbers suggest."""

from __future__ import annotations

from dataclasses import replace

from core.checks.model import Finding, Severity
from core.checks.translate import translate
from core.checks.verdicts import Report
from core.migrate.canary import CanaryResult
from core.podman.model import Route

CANARY = "canary"
"""The check whose findings a canary makes."""
_UNTRIED = ("prepare", "start")
"""Steps before CRIU has anything to do: a failure there proves nothing of it."""


def finding(result: CanaryResult) -> Finding:
    """A canary's result as a finding about both hosts, with the cause where it is known."""
    route, evidence = Route.CHECKPOINT, tuple(result.detail.splitlines())
    if result.ok:
        what = f"a canary really was checkpointed and restored ({result.where}): {result.proven}"
        return Finding(CANARY, Severity.NOTE, what, subject=result.where, route=route)
    means = translate(f"{result.why}\n{result.detail}")
    told = f"{means.cause} {means.remedy}" if means else result.why
    return Finding(
        CANARY,
        Severity.NOTE if result.step in _UNTRIED else Severity.BLOCKED,
        f"a canary failed at the step {result.step} ({result.where}): {told}",
        subject=result.where,
        cause=f"a canary failed at the step {result.step} ({result.where})",
        route=route,
        evidence=evidence,
    )


def outranked(report: Report, result: CanaryResult) -> Report:
    """The report with the canary's word above all that was guessed about the hosts."""
    hosts = tuple(map(_disproved, report.hosts)) if result.ok else report.hosts
    return replace(report, hosts=(finding(result), *hosts))


def _disproved(guess: Finding) -> Finding:
    if guess.route is not Route.CHECKPOINT or guess.severity is Severity.NOTE:
        return guess
    return replace(guess, severity=Severity.NOTE, what=f"{guess.what} (but the canary passed)")
