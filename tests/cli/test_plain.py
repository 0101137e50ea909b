"""Events as lines: JSON that parses, and text in which nothing from outside is obeyed."""

import json
import typing
import unicodedata

import click
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

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
from core.plan.model import ItemPlan, Plan
from core.podman.model import Kind, Route
from core.podman.outcomes import CommandRecord
from tui.plain import event_json, json_listener, text_listener
from tui.printing import printable

EVIL = "we[/b]\x1b[2J\x07\u202e"
PLAN = Plan(
    "old",
    "new",
    (
        ItemPlan("web", "ab", Kind.CONTAINER, Route.CHECKPOINT, losses=("x",)),
        ItemPlan("db", "cd", Kind.POD, Route.KUBE, blocks=("y",)),
    ),
)
RESULT = ItemResult(
    "web", Kind.CONTAINER, Route.KUBE, Outcome.MOVED, 1.23456, 7, f"one\ntwo {EVIL}", ("lost",)
)
RECORD = CommandRecord("old", ("podman", "stop", "a b"), 1.0, 0.25, None, "tail")
EVENTS: list[tuple[Event, str]] = [
    (RunStarted("id", PLAN, 1.0), "started"),
    (ItemStarted("web", 1.0), "item"),
    (StepStarted("web", 0, f"dump {EVIL}", 1.0), "step"),
    (StepEnded("web", 0, StepOutcome.FAILED, EVIL, 1.0), "step_ended"),
    (StepEnded("web", 0, StepOutcome.DONE, "", 1.0), "step_ended"),
    (Progress("web", 5, None, 0.0, None), "progress"),
    (WentDown("web", 1.0), "down"),
    (CameUp("web", "new", 1.26), "up"),
    (Note("web", EVIL), "note"),
    (CommandRan(RECORD), "command"),
    (RollingBack("web", f"why {EVIL}\nmore"), "rolling_back"),
    (RollingBack("web", ""), "rolling_back"),
    (ItemEnded(RESULT, 1.0), "item_ended"),
    (RunEnded("id", (RESULT,), 1.0), "run"),
]
IDS = [f"{index}-{name}" for index, (_, name) in enumerate(EVENTS)]


def said(event: Event, *, verbose: bool = False, as_json: bool = False) -> str:
    """What the listener prints."""
    listener = json_listener() if as_json else text_listener(verbose=verbose)
    command = click.Command("x", callback=lambda: listener(event))
    return CliRunner().invoke(command, catch_exceptions=False).output


def test_every_kind_of_event_is_tried() -> None:
    assert {type(event) for event, _ in EVENTS} == set(typing.get_args(Event))


@pytest.mark.parametrize("event,name", EVENTS, ids=IDS)
def test_json(event: Event, name: str) -> None:
    line = said(event, as_json=True)
    assert line.endswith("\n")
    assert line.count("\n") == 1
    told = json.loads(line)
    assert told == json.loads(json.dumps(event_json(event)))
    assert told["event"] == name
    assert line.isascii()


def test_json_of_the_ends() -> None:
    item = {
        "name": "web", "kind": "container", "route": "kube", "outcome": "moved",
        "downtime_s": 1.235, "bytes": 7, "reason": f"one\ntwo {EVIL}", "losses": ["lost"],
    }  # fmt: skip
    assert event_json(RunEnded("id", (RESULT,), 1.0)) == {
        "event": "run",
        "id": "id",
        "items": [item],
    }
    assert event_json(ItemEnded(RESULT, 1.0)) == {"event": "item_ended", **item, "at_s": 1.0}
    assert event_json(RunStarted("id", PLAN, 1.0))["items"] == [
        {"name": "web", "route": "checkpoint", "losses": ["x"], "blocks": []},
        {"name": "db", "route": "kube", "losses": [], "blocks": ["y"]},
    ]
    blocked = ItemResult("db", Kind.POD, Route.KUBE, Outcome.BLOCKED, None, 0)
    assert event_json(ItemEnded(blocked, 1.0))["downtime_s"] is None


def test_json_of_the_others() -> None:
    assert event_json(CommandRan(RECORD)) == {
        "event": "command", "host": "old", "argv": ("podman", "stop", "a b"), "started_s": 1.0,
        "seconds": 0.25, "exit_code": None, "stderr_tail": "tail",
    }  # fmt: skip
    assert event_json(StepEnded("web", 2, StepOutcome.SKIPPED, "d", 1.0)) == {
        "event": "step_ended", "item": "web", "index": 2, "outcome": "skipped", "detail": "d",
        "at_s": 1.0, "bytes": 0,
    }  # fmt: skip


@pytest.mark.parametrize("verbose", [False, True])
@pytest.mark.parametrize("event,name", EVENTS, ids=IDS)
def test_text_obeys_nothing_from_outside(event: Event, name: str, verbose: bool) -> None:
    text = said(event, verbose=verbose)
    assert not {c for c in text if unicodedata.category(c) in ("Cc", "Cf")} - {"\n"}
    if "\\x1b" in text:
        assert "we[/b]\\x1b[2J\\x07\\u202e" in text


TEXTS = [
    (StepStarted("web", 0, "dump web", 1.0), "", "web: dump web ...\n"),
    (StepEnded("web", 0, StepOutcome.DONE, "d", 1.0), "", ""),
    (StepEnded("web", 0, StepOutcome.FAILED, "d", 1.0), "web: failed: d\n", None),
    (Note("web", "n"), "web: n\n", None),
    (CameUp("web", "new", 1.26), "web: runs on new after 1.3 s\n", None),
    (RollingBack("web", "a\nb"), "web: going back: a\n", None),
    (RollingBack("web", ""), "web: going back: \n", None),
    (CommandRan(RECORD), "", "  old 0.2 s [None] podman stop 'a b'\n"),
    (Progress("web", 1, 2, 3.0, 4.0), "", ""),
    (
        ItemEnded(RESULT, 1.0),
        f"web: moved, down 1.2 s\n  one\n  two {printable(EVIL)}\n",
        None,
    ),
    (
        ItemEnded(ItemResult("db", Kind.POD, Route.KUBE, Outcome.ROLLED_BACK, None, 0, "r"), 1.0),
        "db: rolled back\n  r\n",
        None,
    ),
]


@pytest.mark.parametrize("event,short,verbose", TEXTS)
def test_text(event: Event, short: str, verbose: str | None) -> None:
    assert said(event) == short
    assert said(event, verbose=True) == (short if verbose is None else verbose)


@given(st.text())
def test_printable_shows_what_it_does_not_obey(text: str) -> None:
    shown = printable(text)
    kept = "\n\t"
    assert not [c for c in shown if unicodedata.category(c) in ("Cc", "Cs") and c not in kept]
    assert shown.encode().decode() == shown
    if not any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in text):
        assert shown == text


@pytest.mark.parametrize(
    "text,shown",
    [
        ("\x1b[31m", "\\x1b[31m"),
        ("a\rb", "a\\rb"),
        ("\x9b2J", "\\x9b2J"),
        ("\x00\x7f", "\\x00\\x7f"),
        ("gnp\u202e.exe", "gnp\\u202e.exe"),
        ("\u2066x\u2069", "\\u2066x\\u2069"),
        ("\udcff", "\\udcff"),
        ("größe → 5 µs\ta\nb", "größe → 5 µs\ta\nb"),
    ],
)
def test_printable(text: str, shown: str) -> None:
    assert printable(text) == shown
