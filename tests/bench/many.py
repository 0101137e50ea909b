"""Ten single containers and ten pods, moved in one go: wall time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tests.bench.contenders import Contender, move
from tests.bench.downtime import order
from tests.bench.figures import Comparison
from tests.bench.pair import Pair, count, load_average

TARGET = 0.6
SINGLES = 10
PODS = 10
FIRST_PORT = 18100


def measure(
    pair: Pair, runs: int, tell: Callable[[str], None], *, containers: int
) -> list[Comparison]:
    """Move the same estate again and again, by both contenders in turn."""
    name = f"{SINGLES} singles, {PODS} pods of {containers}"
    result = Comparison(name, "s", TARGET)
    for run in range(runs):
        for contender in order(run):
            tell(f"{name}, run {run + 1}: {contender}")
            _once(pair, contender, run, containers, result)
    return [result]


def _once(pair: Pair, contender: Contender, run: int, containers: int, result: Comparison) -> None:
    pair.sweep()
    singles = {f"single-{n}": FIRST_PORT + n for n in range(SINGLES)}
    pods = {f"pod-{n}": FIRST_PORT + SINGLES + n for n in range(PODS)}
    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(pair.run_counter, *item) for item in singles.items()]
        jobs += [pool.submit(pair.run_pod, *item, containers) for item in pods.items()]
        for job in jobs:
            job.result()
    ports = {**singles, **pods}
    before = {name: count(pair.old, port) for name, port in ports.items()}
    pair.settle()
    pair.open_masters()
    load = load_average()
    moved = move(contender, pair, list(ports))
    after = {name: count(pair.new, port) for name, port in ports.items()}
    for name in singles:
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
            "own_downtime_s": moved.own_downtime_s,
            "pods_kept_their_memory": all(after[name] == before[name] + 1 for name in pods),
            "events": moved.events,
        }
    )
