"""Clocks of the hosts that differ."""

from __future__ import annotations

from collections.abc import Iterator

from core.checks.facts import Facts
from core.checks.model import Finding, On, Severity
from core.podman.model import HostInfo

_NOTICED_S = 5.0
"""Below that, the way of the question may be what was measured."""


def check_host(facts: Facts, host: HostInfo, on: On) -> Iterator[Finding]:
    """Time jumps for what moves: certificates, leases and log lines may then be of the future."""
    ahead = facts.target_has.clock_ahead_s - facts.source_has.clock_ahead_s
    if on is On.TARGET and abs(ahead) > _NOTICED_S:
        word = "ahead of" if ahead > 0 else "behind"
        yield Finding(
            "clock-skew",
            Severity.NOTE,
            f"the clock of {facts.target.label} is {abs(ahead):.0f} s {word} that of "
            f"{facts.source.label}: time jumps for what moves; set it right there",
            host=facts.target.label,
            subject="clock",
            cause=f"the clock of {facts.target.label} differs",
            evidence=(f"{ahead:+.1f} s",),
        )
