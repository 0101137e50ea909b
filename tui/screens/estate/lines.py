"""What the banner and the bar of sums say."""

from __future__ import annotations

from collections.abc import Iterable

from core.podman.model import HostInfo
from tui.screens.estate.hosts import btrfs_notice
from tui.screens.estate.marks import Tally, count_text, describe
from tui.widgets.bar import Part


def banner_parts(
    infos: Iterable[HostInfo], *, unfinished: str = "", demo: bool
) -> tuple[Part, ...]:
    """The banner; empty when there is nothing to say. `unfinished` names a run, if there is one."""
    parts: list[Part] = [(" demo: simulated hosts ", "bold reverse")] if demo else []
    if unfinished:
        parts.append((f" ! run {unfinished} is unfinished: R resumes ", "bold $text-warning"))
    notices = [n for info in infos if (n := btrfs_notice(info)) is not None]
    # What warns comes first: the end of the line may have no room.
    for warns, text in sorted(notices, key=lambda n: not n[0]):
        sign, style = (" ! ", "bold $text-warning") if warns else (" ", "")
        parts += [(sign, style), (f"{text} ", style)]
    return tuple(parts)


def sums_parts(sums: Tally, blocked: int, busy: str, *, range_open: bool) -> tuple[Part, ...]:
    """The bar that sums the marks up, what matters most first."""
    if busy:
        return ((f" {busy}", "bold"),)
    if range_open:
        return ((" range: space, c, e or u is for all of it, esc ends it", ""),)
    if not sums.items:
        return ((" nothing marked · space marks, ", ""), ("a", "bold"), (" marks all", ""))
    stay = [("  ", ""), (f"■ {blocked} blocked", "bold $text-error")] if blocked else []
    return ((f" {count_text(sums)}", "bold"), *stay, (f" · {describe(sums)}", ""))
