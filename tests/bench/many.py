"""Ten single containers and ten pods, moved in one go: wall time."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from tests.bench.contenders import Contender, move
from tests.bench.downtime import order, stubbornly
from tests.bench.figures import Comparison
from tests.bench.pair import Pair, count, load_average

TARGET = 0.6
SINGLES = 10
PODS = 10
FIRST_PORT = 18100


def measure(
    pair: Pair, runs: int, tell: Callable[[str], None], *, containers: int
) -> list[Comparison]:
    """Move the same estate again and again, by both contenders in turn.

    The script stops and plays pods, so that they lose their memory. Podferry is measured with
    them by the route that it advises, and by that of the script.
    """
    name = f"{SINGLES} singles, {PODS} pods of {containers}"
    advised = Comparison(f"{name}, as advised", "s", TARGET)
    alike = Comparison(f"{name}, pods by kube", "s", TARGET)
    for run in range(runs):
        for contender in order(run):
            tell(f"{name}, run {run + 1}: {contender}")
            once = partial(_once, pair, contender, run=run, containers=containers)
            seconds = stubbornly(advised, partial(once, advised))
            if contender == "script":
                alike.script.append(seconds)
            else:
                tell(f"{name}, run {run + 1}: {contender}, pods by kube")
                stubbornly(alike, partial(once, alike, kube=tuple(_PODS)))
    return [advised, alike]


_SINGLES = {f"single-{n}": FIRST_PORT + n for n in range(SINGLES)}
_PODS = {f"pod-{n}": FIRST_PORT + SINGLES + n for n in range(PODS)}
"""Names and published ports."""


def _make(pair: Pair, containers: int) -> None:
    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(pair.run_counter, *item) for item in _SINGLES.items()]
        jobs += [pool.submit(pair.run_pod, *item, containers) for item in _PODS.items()]
        for job in jobs:
            job.result()


def _once(
    pair: Pair,
    contender: Contender,
    result: Comparison,
    *,
    run: int,
    containers: int,
    kube: Sequence[str] = (),
) -> float:
    """One move of everything; `kube` names what Podferry takes by that route."""
    pair.sweep()
    _make(pair, containers)
    ports = {**_SINGLES, **_PODS}
    before = {name: count(pair.old, port) for name, port in ports.items()}
    pair.settle()
    pair.open_masters()
    load = load_average()
    moved = move(contender, pair, list(ports), kube=kube)
    after = {name: count(pair.new, port) for name, port in ports.items()}
    for name in _SINGLES:
        if after[name] != before[name] + 1:
            message = f"{contender}: {name} counted {before[name]}, then {after[name]}"
            raise RuntimeError(message)
    getattr(result, contender).append(moved.wall_s)
    result.raw.append(
        {
            "contender": contender,
            "run": run,
            "load_before": load,
            "wall_s": moved.wall_s,
            "dumps_tried_again": moved.dumps_tried_again,
            "pods_kept_their_memory": all(after[name] == before[name] + 1 for name in _PODS),
            "own_downtime_s": moved.own_downtime_s,
            "events": moved.events,
        }
    )
    return moved.wall_s
