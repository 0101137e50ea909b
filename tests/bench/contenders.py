"""Podferry and the hand-written script, each as one process that moves items and ends."""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from tests.bench.pair import Pair

Contender = Literal["podferry", "script"]
CONTENDERS: tuple[Contender, Contender] = ("podferry", "script")
LIMIT_S = 900
AGAIN = {"podferry": "Trying again.", "script": "script: trying again"}
"""What each says when it repeats a dump."""


class DidNotMove(RuntimeError):
    """A contender gave up."""


@dataclass(frozen=True)
class Moved:
    """One contender's move."""

    wall_s: float
    dumps_tried_again: int
    """Because CRIU met a connection that was being made."""
    own_downtime_s: dict[str, float] = field(default_factory=dict)
    """What Podferry itself says, by item; the script says nothing."""
    events: list[dict[str, Any]] = field(default_factory=list)
    """Podferry's events, without those that only tell of progress."""


def podferry_program() -> str:
    """Return the `podferry` that belongs to this Python."""
    return str(Path(sys.executable).with_name("podferry"))


def move(
    contender: Contender, pair: Pair, names: Sequence[str], *, kube: Sequence[str] = ()
) -> Moved:
    """Have a contender move items from old to new; raises unless all of them moved.

    Podferry takes those in `kube` by that route, the others as it advises; the script has one
    route for containers and one for pods.
    """
    if contender == "script":
        script = str(Path(__file__).with_name("script.sh"))
        argv = [script, str(pair.mux_config), pair.old.name, pair.new.name, *names]
    else:
        words = [f"{name}=kube" if name in kube else name for name in names]
        argv = [podferry_program(), "move", "old", "new", *words, "--yes", "--json"]
    begun = time.monotonic()
    done = subprocess.run(
        argv,
        env=pair.env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    wall_s = time.monotonic() - begun
    if done.returncode:
        message = f"{contender} exited {done.returncode}: {done.stderr}\n{done.stdout[-3000:]}"
        raise DidNotMove(message)
    again = (done.stdout + done.stderr).count(AGAIN[contender])
    if contender == "script":
        return Moved(wall_s, again)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    return Moved(
        wall_s,
        again,
        {item["name"]: item["downtime_s"] for item in events[-1]["items"]},
        [event for event in events if event["event"] != "progress"],
    )
