"""What a run says, as lines: JSON for scripts, or plain text for people and screen readers."""

from __future__ import annotations

import dataclasses
import json
import shlex
from collections.abc import Callable
from typing import Any

import click

from core.migrate.events import (
    CameUp,
    CommandRan,
    Event,
    ItemEnded,
    ItemResult,
    ItemStarted,
    Note,
    Outcome,
    Progress,
    RollingBack,
    RunEnded,
    RunStarted,
    StepEnded,
    StepOutcome,
    StepStarted,
    WentDown,
)
from tui.printing import printable

_NAMES: dict[type, str] = {
    RunStarted: "started",
    ItemStarted: "item",
    StepStarted: "step",
    StepEnded: "step_ended",
    Progress: "progress",
    WentDown: "down",
    CameUp: "up",
    Note: "note",
    CommandRan: "command",
    RollingBack: "rolling_back",
    ItemEnded: "item_ended",
}


def result_json(result: ItemResult) -> dict[str, Any]:
    """One item of the last line of `move --json`."""
    return {
        "name": result.name,
        "kind": result.kind,
        "route": result.route,
        "outcome": result.outcome,
        "downtime_s": None if result.downtime_s is None else round(result.downtime_s, 3),
        "bytes": result.bytes,
        "reason": result.reason,
        "losses": list(result.losses),
    }


def event_json(event: Event) -> dict[str, Any]:
    """An event as one JSON object."""
    if isinstance(event, RunEnded):
        return {
            "event": "run",
            "id": event.run_id,
            "items": [result_json(result) for result in event.results],
        }
    if isinstance(event, RunStarted):
        items = [
            {"name": i.name, "route": i.route, "losses": list(i.losses), "blocks": list(i.blocks)}
            for i in event.plan.items
        ]
        return {"event": "started", "id": event.run_id, "items": items, "at_s": event.at_s}
    if isinstance(event, ItemEnded):
        return {"event": "item_ended", **result_json(event.result), "at_s": event.at_s}
    if isinstance(event, CommandRan):
        return {"event": "command", **dataclasses.asdict(event.record)}
    return {"event": _NAMES[type(event)], **dataclasses.asdict(event)}


def json_listener() -> Callable[[Event], None]:
    """Prints each event as one line of JSON."""
    return lambda event: click.echo(json.dumps(event_json(event)))


def text_listener(*, verbose: bool) -> Callable[[Event], None]:
    """Prints what people want to know, a line each."""

    def listen(event: Event) -> None:
        for line in _lines(event, verbose):
            click.echo(printable(line))

    return listen


def _lines(event: Event, verbose: bool) -> list[str]:
    match event:
        case StepStarted() if verbose:
            return [f"{event.item}: {event.title} …"]
        case StepEnded() if event.outcome is StepOutcome.FAILED:
            return [f"{event.item}: failed: {_first(event.detail)}"]
        case Note():
            return [f"{event.item}: {event.text}"]
        case CameUp():
            return [f"{event.item}: runs on {event.host} after {event.downtime_s:.1f} s"]
        case RollingBack():
            return [f"{event.item}: going back: {_first(event.reason)}"]
        case CommandRan() if verbose:
            record = event.record
            return [
                f"  {record.host} {record.seconds:.1f} s [{record.exit_code}] "
                + shlex.join(record.argv)
            ]
        case ItemEnded():
            return _ended(event.result)
        case _:
            return []


def _first(text: str) -> str:
    """The line that counts most; the others follow at the item's end."""
    return (text.splitlines() or [""])[0]


def _ended(result: ItemResult) -> list[str]:
    down = "" if result.downtime_s is None else f", down {result.downtime_s:.1f} s"
    lines = [f"{result.name}: {result.outcome.replace('_', ' ')}{down}"]
    if result.outcome is not Outcome.BLOCKED:
        # Blocks and losses stand in the plan, which was shown just before.
        lines += [f"  {line}" for line in result.reason.splitlines()]
    return lines
