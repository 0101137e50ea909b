"""What the report says of a run in words, in whichever form it comes."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator

from core.migrate.chronicle import HostSeen
from core.migrate.events import Outcome
from core.report.model import ItemTold, Report
from tui.screens.run.words import SIGNS, WORDS
from tui.widgets.units import format_bytes, plural
from tui.widgets.words import duration, rate

OPEN = "not finished"
COLUMNS = ("Item", "Kind", "Route", "Outcome", "Down", "Moved", "Mean rate", "Then")


def headline(report: Report) -> str:
    """Such as `12 of 14 items moved from old to new`."""
    moved = sum(item.outcome == Outcome.MOVED for item in report.items)
    count = plural(len(report.items), "item")
    return f"{moved} of {count} moved from {report.source.label} to {report.target.label}"


def moment(at_s: float) -> str:
    """Local time with its zone, such as `2026-01-31 23:59:59 UTC`."""
    return time.strftime("%Y-%m-%d %H:%M:%S %Z", time.localtime(at_s))


def when(report: Report) -> str:
    """When it began, and how long it took."""
    told = moment(report.began_s)
    if report.ended_s is None:
        return told
    return f"{told}, {duration(report.ended_s - report.began_s)} in all"


def outcome(item: ItemTold) -> str:
    """With its sign: `✓ moved`."""
    if not item.outcome:
        return f"… {OPEN}"
    known = Outcome(item.outcome)
    return f"{SIGNS[known]} {WORDS[known]}"


def outcomes(report: Report) -> str:
    """Such as `12 moved, 1 rolled back`."""
    count = Counter(item.outcome.replace("_", " ") or OPEN for item in report.items)
    return ", ".join(f"{number} {word}" for word, number in count.most_common())


def downtime(seconds: float | None) -> str:
    """`never`, or how long."""
    return "never" if seconds is None else duration(seconds)


def settled(item: ItemTold) -> str:
    """What the operator decided later."""
    word = item.settled.replace("_", " ")
    return f"{word}, {moment(item.settled_s)}" if item.settled_s else word


def mean_rate(item: ItemTold) -> str:
    """Over those of its steps that moved bytes; empty if none did."""
    streams = [step for step in item.steps if step.bytes and step.seconds]
    seconds = sum(step.seconds or 0 for step in streams)
    return rate(sum(step.bytes for step in streams) / seconds) if seconds else ""


def columns(item: ItemTold) -> tuple[str, ...]:
    """Of one item, in the order of COLUMNS."""
    return (
        item.name,
        item.kind,
        item.route,
        outcome(item),
        downtime(item.downtime_s),
        format_bytes(item.bytes),
        mean_rate(item),
        settled(item),
    )


def host_facts(host: HostSeen) -> Iterator[tuple[str, str]]:
    """What is known of a host, by name."""
    facts = {
        "Host name": host.hostname,
        "Podman": host.podman,
        "CRIU": host.criu or ("none" if host.podman else ""),
        "Runtime": host.runtime,
        "Kernel": host.kernel,
        "System": " ".join(filter(None, [host.os, host.architecture])),
        "Storage": host.storage,
    }
    return ((name, fact) for name, fact in facts.items() if fact)


def sums(report: Report) -> list[tuple[str, str]]:
    """The numbers that count, each with its name."""
    return [
        ("Items", outcomes(report)),
        ("Longest downtime", downtime(report.longest_down_s)),
        ("Moved between the hosts", format_bytes(report.bytes)),
        ("Not carried over", plural(report.losses, "thing") if report.losses else "nothing"),
        ("State", str(report.state)),
    ]
