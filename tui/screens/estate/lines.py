"""What the banner and the bar of sums say."""

from __future__ import annotations

from collections.abc import Iterable

from core.podman.model import HostInfo
from tui.screens.estate.hosts import btrfs_notice
from tui.screens.estate.keys import key
from tui.screens.estate.marks import Tally, count_text, describe
from tui.widgets.bar import Part

_MARKING = "mark-advised", "mark-checkpoint", "mark-kube", "unmark"


def banner_parts(
    infos: Iterable[HostInfo], *, under_way: str = "", unfinished: str = "", demo: bool
) -> tuple[Part, ...]:
    """The banner; empty when there is nothing to say. Runs are named by their IDs, if any."""
    parts: list[Part] = [(" demo: simulated hosts ", "bold reverse")] if demo else []
    if under_way:
        parts.append((f" ▸ run {under_way} is under way: {key('resume')} shows it ", "bold"))
    elif unfinished:
        parts.append(
            (f" ! run {unfinished} is unfinished: {key('resume')} resumes ", "bold $text-warning")
        )
    # Of two hosts of which the same is true it is said once: there is little room.
    notices: dict[tuple[bool, str], list[str]] = {}
    for info in infos:
        if (notice := btrfs_notice(info)) is not None:
            notices.setdefault(notice, []).append(info.label)
    # What warns comes first: the end of the line may have no room.
    for (warns, text), hosts in sorted(notices.items(), key=lambda told: not told[0][0]):
        sign, style = (" ! ", "bold $text-warning") if warns else (" ", "")
        parts += [(sign, style), (f"{', '.join(hosts)}: {text}", style), (" ", "")]
    return tuple(parts)


def sums_parts(sums: Tally, blocked: int, busy: str, *, range_open: bool) -> tuple[Part, ...]:
    """The bar that sums the marks up, what matters most first."""
    if busy:
        return ((f" {busy}", "bold"),)
    if range_open:
        marks = [key(name) for name in _MARKING]
        each = f"{', '.join(marks[:-1])} or {marks[-1]}"
        return ((f" range: {each} is for all of it, {key('back-out')} ends it", ""),)
    if not sums.items:
        start = f" nothing marked · {key('mark-advised')} marks, "
        return ((start, ""), (key("mark-all"), "bold"), (" marks all", ""))
    stay = [("  ", ""), (f"■ {blocked} blocked", "bold $text-error")] if blocked else []
    return ((f" {count_text(sums)}", "bold"), *stay, (f" · {describe(sums)}", ""))
