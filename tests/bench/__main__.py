"""`python -m tests.bench`: Podferry and a hand-written script, measured side by side.

Starts a lab of its own. What it prints depends on what else the machine does: both contenders
take turns within one run, and medians are compared, never single figures. No time is asserted;
the exit code is 0 unless something did not work.
"""

import argparse
import signal
import subprocess
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from tests.bench import app, downtime, many
from tests.bench.facts import host_facts, machine_facts
from tests.bench.figures import Comparison, Figure
from tests.bench.pair import Pair, start_pair
from tests.bench.report import table, write_json

PARTS = ("downtime", "many", "app")


def main() -> int:
    """Measure what is asked for; print a table and write the raw figures."""
    options = _options()
    signal.signal(signal.SIGTERM, _interrupt)
    facts: dict[str, Any] = {"machine": machine_facts(), "runs": options.runs}
    results: list[Comparison | Figure] = []
    failed: list[str] = []
    try:
        with start_pair() as pair:
            facts["hosts"] = host_facts(pair)
            for part in options.only or PARTS:
                try:
                    results += _measure(part, pair, options)
                except (OSError, RuntimeError, subprocess.SubprocessError):
                    failed.append(part)
                    traceback.print_exc()
    except KeyboardInterrupt:
        return 130
    finally:
        if results:
            _show(facts, results, options.json)
    if failed:
        print(f"did not work: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _measure(part: str, pair: Pair, options: argparse.Namespace) -> Sequence[Comparison | Figure]:
    if part == "downtime":
        return downtime.measure(pair, options.runs, _tell)
    if part == "app":
        return app.measure(pair, options.runs, _tell)
    return many.measure(pair, options.runs, _tell, containers=options.pod_containers)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", action="append", choices=PARTS, help="part to run; repeatable")
    parser.add_argument("--runs", type=int, default=3, help="runs of each contender")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where the raw figures go")
    parser.add_argument(
        "--pod-containers", type=int, default=5, metavar="N", help="containers of each pod"
    )
    return parser.parse_args()


def _tell(text: str) -> None:
    print(f"# {text}", file=sys.stderr, flush=True)


def _show(facts: dict[str, Any], results: list[Comparison | Figure], path: Path | None) -> None:
    machine, hosts = facts["machine"], facts["hosts"]
    print(
        f"{machine['cores']} cores, load {machine['load_before'][0]} before, "
        f"kernel {machine['kernel']}; podman {hosts['podman']}, {hosts['criu']}, "
        f"{hosts['driver']} on {hosts['filesystem']}; podferry {machine['commit']}; "
        f"medians of {facts['runs']}"
    )
    print(table(results))
    if path:
        write_json(path, facts, results)
        print(f"raw figures: {path}")


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
