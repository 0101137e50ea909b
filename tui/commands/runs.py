"""`podferry runs`: what has been moved, and what is open."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from tui.printing import is_plain, printable

if TYPE_CHECKING:
    from core.journal.history import PastRun


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def runs(as_json: bool) -> None:
    """List all runs, newest first, with what has become of each."""
    from core.journal.history import past_runs
    from core.migrate.keep.intents import open_intents

    past = list(past_runs())
    open_ = [{"name": one.name, "host": one.host} for one in open_intents() if one.host]
    if as_json:
        told = {"runs": [_object(one) for one in past], "checkpoints": open_}
        click.echo(json.dumps({"event": "runs", **told}))
        return
    for left in open_:
        what = f"checkpoint of {left['name']} on {left['host']}"
        click.echo(printable(f"{what}: under way, or broken off: podferry resume settles it"))
    for one in past:
        click.echo(printable(_line(one)))


def _line(past: PastRun) -> str:
    if past.run is None:
        gap = ", " if is_plain() else "  "
        return f"{past.id}{gap}{past.state}: {past.trouble.splitlines()[0]}"
    items = ", ".join(item.name for item in past.run.items)
    if is_plain():
        return f"{past.id}, {past.state}, {past.run.source} to {past.run.target}: {items}"
    return f"{past.id}  {past.state:<11}  {past.run.source} to {past.run.target}: {items}"


def _object(past: PastRun) -> dict[str, Any]:
    run = past.run
    return {
        "id": past.id,
        "state": past.state,
        "trouble": past.trouble,
        "source": run.source if run else "",
        "target": run.target if run else "",
        "started_s": run.started_s if run else 0.0,
        "items": [
            {"name": i.name, "outcome": i.outcome, "settled": i.settled, "reason": i.reason}
            for i in (run.items if run else ())
        ],
    }
