"""What a plan comes to: the lines on top of it, and the line that says what going on will do."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from core.plan.model import ItemPlan, Plan
from tui.widgets.rows import Row, Span, Tone, piece, spread
from tui.widgets.units import format_bytes, format_seconds, plural
from tui.widgets.words import escape


def about(seconds: float) -> str:
    """An estimated downtime."""
    if not seconds:
        return "none"
    return "<1 s" if seconds < 1 else f"~{format_seconds(seconds)}"


def headline_rows(plan: Plan, width: int) -> list[Row]:
    """Hosts and how many go; bytes and downtime; what is lost."""
    ready, blocked = plan.ready, plan.blocked
    title = [piece("Plan   ", Tone.STRONG), piece(f"{plan.source} → {plan.target}")]
    count = [Span(f"{len(ready)} of {plural(len(plan.items), 'item')} ready", Tone.STRONG)]
    sums = [Span(f"{format_bytes(sum(i.estimated_bytes for i in ready))} to copy")]
    if ready:
        longest = max(ready, key=lambda i: i.estimated_downtime_s)
        sums += [
            Span(f"   longest downtime {about(longest.estimated_downtime_s)}"),
            piece(f" ({longest.name})" if len(ready) > 1 else "", Tone.MUTED),
        ]
    stays = [Span(f"■ {len(blocked)} blocked", Tone.WARN)] if blocked else []
    return [
        Row(spread(title, count, width)),
        Row(spread(sums, stays, width)),
        Row(spread([_losses(ready)], [], width)),
    ]


def _losses(ready: Sequence[ItemPlan]) -> Span:
    losing = [i for i in ready if i.losses]
    if not losing:
        return Span("Everything is carried over." if ready else "", Tone.MUTED)
    things = plural(sum(len(i.losses) for i in losing), "thing")
    return Span(f"! {things} of {plural(len(losing), 'item')} cannot be carried over", Tone.WARN)


def going(plan: Plan, width: int) -> str:
    """What pressing go will do, in as many words as fit."""
    ready, blocked = len(plan.ready), len(plan.blocked)
    if not plan.items:
        return "Nothing can go: no item is marked."
    if not ready:
        return _fitting(
            width,
            f"Nothing can go: {_all_of(blocked)} blocked, for the reasons above.",
            f"Nothing can go: {_all_of(blocked)} blocked.",
        )
    who = plural(ready, "item") if not blocked else f"{ready} of {plural(len(plan.items), 'item')}"
    verb = "moves" if ready == 1 else "move"
    kept = "source is stopped and kept" if ready == 1 else "sources are stopped and kept"
    stay = "" if not blocked else f"; {blocked} blocked {'stays' if blocked == 1 else 'stay'}"
    return _fitting(
        width,
        f"{who} {verb} from {escape(plan.source)} to {escape(plan.target)}{stay}; {kept}",
        f"{who} {verb} from {escape(plan.source)} to {escape(plan.target)}; {kept}",
        f"{who} {verb}; {kept}",
    )


def _all_of(count: int) -> str:
    return "the only item is" if count == 1 else f"all {count} items are"


def _fitting(width: int, *texts: str) -> str:
    return next((t for t in texts if cell_len(t) <= width), texts[-1])
