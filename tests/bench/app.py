"""The app on a terminal: how soon it shows something, what it costs when idle, how it answers."""

import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from tests.bench.contenders import podferry_program
from tests.bench.figures import Figure
from tests.bench.pair import Pair, load_average
from tests.bench.terminal import ALTERNATE_SCREEN, Terminal, cpu_seconds, processes_naming
from tests.lab.estate import make_estate

START_S = 1.5
IDLE_BYTES_S = 500
IDLE_CPU_PERCENT = 2.0
MEMORY_MIB = 120
KEY_MS = 50

PODS = SINGLES = 30
"""With five containers in each pod, 180 containers."""
SETTLE_S = 10
"""The verdicts of 180 containers are painted some seconds after the first rows."""
IDLE_S = 30
PRESSES = 50
ROWS = 2000
DOWN = b"\x1b[B"
UNFOLD_ALL = b"*"
NAMES = "podman ps -a --format '{{.Names}}'; podman pod ls --format '{{.Name}}'"


def measure(pair: Pair, runs: int, tell: Callable[[str], None]) -> list[Figure]:
    """Start the app again and again, leave it alone, and press keys."""
    tell("app: making 180 containers")
    pair.sweep()
    make_estate(pair.old, pods=PODS, singles=SINGLES)
    pair.settle()
    pair.open_masters()
    names = [n for n in pair.old.ssh(NAMES).stdout.split() if not n.endswith("-infra")]
    warm = {**pair.env, "PODFERRY_SSH_CONFIG": str(pair.mux_config)}
    started = {"cold": Start(), "warm": Start()}
    for run in range(runs):
        kinds = [("cold", pair.env), ("warm", warm)]
        for kind, env in kinds if run % 2 == 0 else reversed(kinds):
            tell(f"app: start {run + 1}, the operator's masters {kind}")
            with Terminal([podferry_program(), "old", "new"], env) as terminal:
                started[kind].add(terminal, names)
    tell(f"app: idle for {IDLE_S} s over 180 containers")
    figures = [
        _start("first row, the operator's ssh masters running", started["warm"].from_exec, START_S),
        _start("first row, without them", started["cold"].from_exec, None),
        _start("of it, after Podferry's own ssh masters stand", started["warm"].from_screen, None),
        *_idle(pair, names),
    ]
    tell(f"app: keys at {ROWS} simulated rows")
    return figures + _keys(pair.env)


class Start:
    """Seconds to the first row on screen."""

    def __init__(self) -> None:
        self.from_exec: list[float] = []
        self.from_screen: list[float] = []
        """From the moment at which the app takes the terminal; ssh's prompts are before it."""

    def add(self, terminal: Terminal, names: list[str]) -> None:
        """Wait for the first row."""
        shown = terminal.wait_for_any(names, 60)
        self.from_exec.append(shown - terminal.started_s)
        self.from_screen.append(shown - terminal.first_time_of(ALTERNATE_SCREEN))


def _start(name: str, samples: list[float], at_most: float | None) -> Figure:
    return Figure(f"app: {name}", "s", median(samples), at_most, samples)


def _idle(pair: Pair, names: list[str]) -> list[Figure]:
    # So that its ssh masters, which leave its process group, can be told by their sockets' folder.
    folder = pair.state / "tmp"
    folder.mkdir(exist_ok=True)
    env = {**pair.env, "TMPDIR": str(folder)}
    with Terminal([podferry_program(), "old", "new"], env) as terminal:
        terminal.wait_for_any(names, 60)
        time.sleep(SETTLE_S)
        load = load_average()
        pids = {terminal.pid, *processes_naming(f"{folder}/")}
        begun, bytes_before = time.monotonic(), terminal.total_bytes
        own_before, all_before = cpu_seconds([terminal.pid]), cpu_seconds(pids)
        time.sleep(IDLE_S)
        seconds = time.monotonic() - begun
        printed = (terminal.total_bytes - bytes_before) / seconds
        own = (cpu_seconds([terminal.pid]) - own_before) / seconds * 100
        together = (cpu_seconds(pids) - all_before) / seconds * 100
        peak, now = terminal.memory_mib("VmHWM"), terminal.memory_mib("VmRSS")
    raw: list[dict[str, Any]] = [{"load_before": load, "seconds": seconds, "rss_mib": now}]
    return [
        Figure("app: idle, to the terminal", "B/s", printed, IDLE_BYTES_S, raw=raw),
        Figure("app: idle, of a core", "%", own, IDLE_CPU_PERCENT, raw=raw),
        Figure("app: idle, of a core, with its ssh", "%", together, None, raw=raw),
        Figure("app: peak memory at 180 containers", "MiB", peak, MEMORY_MIB, raw=raw),
    ]


def _keys(env: Mapping[str, str]) -> list[Figure]:
    argv = [sys.executable, "-m", "tests.bench.big", str(ROWS)]
    here = {**env, "PYTHONPATH": str(Path(__file__).parents[2])}
    with Terminal(argv, here) as terminal:
        terminal.wait_for_any(["-0001", "-0002"], 60)
        time.sleep(SETTLE_S)
        terminal.press(UNFOLD_ALL)
        presses = [terminal.press(DOWN) for _ in range(PRESSES)]
        peak = terminal.memory_mib("VmHWM")
    first = [seconds * 1000 for seconds, _ in presses]
    last = [seconds * 1000 for _, seconds in presses]
    name = f"app: key at {ROWS} rows"
    return [
        Figure(f"{name}, median", "ms", median(first), KEY_MS, first),
        Figure(f"{name}, 95 of 100", "ms", quantiles(first, n=20)[-1], KEY_MS),
        Figure(f"{name}, drawn to the end, median", "ms", median(last), None, last),
        Figure(f"app: peak memory at {ROWS} rows", "MiB", peak, None),
    ]
