"""Reports made by hand, with names that mean harm."""

from __future__ import annotations

from core.evidence.model import Aspect, Compared, Verdict
from core.journal.fixes import FixOutcome, FixRecord
from core.journal.history import RunState
from core.migrate.chronicle import HostSeen
from core.report.model import CommandTold, ItemTold, Report, StepTold, Times

T0 = 1_767_261_600.0
HOSTILE = "</title><script>alert(1)</script><b>`|*\x1b[2J\x07\u202egnp.exe\u2066\n# no"
"""HTML, Markdown, terminal escapes, marks that turn text, and a line break."""


def item(name: str, began: float, down: float | None, up: float, **more: object) -> ItemTold:
    """An item that began, went down and came up so many seconds after T0; 1 s later it ended."""
    told: dict[str, object] = {
        "name": name,
        "id": "ab",
        "kind": "pod",
        "route": "checkpoint",
        "outcome": "moved",
        "reason": "",
        "settled": "",
        "settled_s": None,
        "downtime_s": None if down is None else up - down,
        "bytes": 3 * 2**20,
        "times": Times(
            T0 + began,
            None if down is None else T0 + down,
            None if down is None else T0 + up,
            T0 + up + 1,
            "new",
        ),
        "steps": (StepTold(f"dump {name}", "done", T0 + began, 2.0, 3 * 2**20),),
        "losses": (),
        "notes": (),
        "compared": (),
    }
    return ItemTold(**{**told, **more})  # type: ignore[arg-type]


def report(*items: ItemTold) -> Report:
    """A report on these."""
    return Report(
        run_id="20260101-100000-0001",
        state=RunState.MOVED,
        source=HostSeen("old", "old", "5.8.6", "4.2.1", "crun", "6.18", "Debian", "amd64", "o"),
        target=HostSeen("new", "new", "5.8.6", "", "crun", "6.18", "Debian", "amd64", "o"),
        began_s=T0,
        ended_s=T0 + 60,
        items=items,
        fixes=(),
        commands=(),
        complete=True,
    )


def hostile() -> Report:
    """Harm wherever text from outside can stand."""
    bad = HOSTILE
    one = item(
        bad,
        0,
        1,
        2,
        reason=bad,
        losses=(bad,),
        notes=(bad,),
        steps=(StepTold(bad, "done", T0, 1.0, 0, bad),),
        compared=(Compared(Aspect.FILES, Verdict.DIFFERENT, bad, bad, (bad, bad)),),
    )
    host = HostSeen(bad, bad, bad, bad, bad, bad, bad, bad, bad)
    fix = FixRecord(T0, bad, FixOutcome.DONE, (bad,), (), ((bad, ("rm", bad)),), bad)
    made = report(one)
    return Report(
        made.run_id, made.state, host, host, T0, T0 + 60, made.items, (fix,),
        (CommandTold(bad, ("podman", bad, "```"), T0, 1.0, None),), complete=True,
    )  # fmt: skip


def many(count: int) -> Report:
    """A run of so many items."""
    return report(*(item(f"item-{n:03}", n / 2, n / 2 + 1, n / 2 + 3) for n in range(count)))
