"""Downtime that a polling client sees, by the memory that the server holds."""

import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from tests.bench.contenders import CONTENDERS, Contender, DidNotMove, move
from tests.bench.figures import Comparison
from tests.bench.pair import Pair, count, load_average
from tests.bench.polling import Client

TARGETS = {0: 0.8, 64: 0.7, 512: 0.6}
"""MiB of memory that does not compress, and Podferry's share of the script's downtime."""
NAME = "web"
PORT = 18080
GOES = 3
AFTERWARDS = 20
"""Answers of the target that the client waits for: it runs, and goes on running."""


T = TypeVar("T")


def order(run: int) -> tuple[Contender, ...]:
    """Who goes first takes turns."""
    return CONTENDERS if run % 2 == 0 else CONTENDERS[::-1]


def measure(pair: Pair, runs: int, tell: Callable[[str], None]) -> list[Comparison]:
    """Move a server again and again, by both contenders in turn."""
    results = {
        mib: Comparison(f"downtime, {mib} MiB", "s", target) for mib, target in TARGETS.items()
    }
    for run in range(runs):
        for mib, result in results.items():
            for contender in order(run):
                tell(f"downtime {mib} MiB, run {run + 1}: {contender}")
                stubbornly(result, partial(_once, pair, contender, mib, run, result))
    return list(results.values())


def stubbornly(result: Comparison, once: Callable[[], T]) -> T:
    """A contender may give up on a dump that always meets a new connection; that is told."""
    for _ in range(GOES - 1):
        try:
            return once()
        except DidNotMove as error:
            result.gave_up.append(str(error))
    return once()


def _once(pair: Pair, contender: Contender, mib: int, run: int, result: Comparison) -> None:
    pair.sweep()
    pair.run_counter(NAME, PORT, memory_mib=mib)
    count(pair.old, PORT)
    pair.settle()
    pair.open_masters()
    load = load_average()
    started_s, begun = time.time(), time.monotonic()
    with Client(pair.old, pair.new, PORT) as client:
        client.wait_for_source(5)
        moved = move(contender, pair, [NAME])
        client.wait_for_target(AFTERWARDS)
    seen = client.seen()
    getattr(result, contender).append(seen.downtime_s)
    result.podferry_says.extend(moved.own_downtime_s.values())
    result.raw.append(
        {
            "contender": contender,
            "run": run,
            "load_before": load,
            "downtime_s": seen.downtime_s,
            "own_downtime_s": moved.own_downtime_s.get(NAME),
            "wall_s": moved.wall_s,
            "dumps_tried_again": moved.dumps_tried_again,
            "last_count": seen.last,
            "first_count": seen.first,
            "answers": seen.answers,
            "last_answer_s": started_s + seen.last_at_s - begun,
            "first_answer_s": started_s + seen.first_at_s - begun,
            "events": moved.events,
        }
    )
