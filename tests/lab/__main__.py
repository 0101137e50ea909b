"""`python -m tests.lab`: two real hosts to look at, and Podferry run over them."""

import argparse
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

from tests.lab.estate import make_demo, make_estate
from tests.lab.host import LabHost
from tests.lab.images import load_counter
from tests.lab.lab import Lab
from tests.lab.spec import HostSpec


def main() -> int:
    """Start `old` and `new`, then run Podferry over them, or stay up."""
    options = _options()
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGHUP, _interrupt)
    try:
        with Lab(options.dir) as lab:
            started = time.monotonic()
            old, new = lab.start(*(_spec(name, options) for name in ("old", "new")))
            load_counter(old)
            load_counter(new)
            if options.estate:
                make_estate(old, pods=options.estate, singles=options.estate)
            elif options.action == "run":
                make_demo(old)
            _print_usage(lab, old, time.monotonic() - started)
            if options.action == "up":
                _wait()
                return 0
            code = subprocess.run(
                [str(Path(sys.executable).with_name("podferry")), "old", "new"],
                env=lab.env,
                check=False,
            ).returncode
            if options.keep:
                _wait()
            return code
    except KeyboardInterrupt:
        return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.lab", description=__doc__)
    parser.add_argument("action", nargs="?", choices=("run", "up"), default="run")
    parser.add_argument("--release", default="forky", help="Debian release of both hosts")
    parser.add_argument("--fs", choices=("btrfs", "xfs", "ext4"), default="btrfs")
    parser.add_argument("--driver", choices=("overlay", "btrfs"), default="overlay")
    parser.add_argument("--size", default="20G", help="size of the storage, sparse")
    parser.add_argument(
        "--estate", type=int, default=0, metavar="N", help="N pods of 5 containers and N singles"
    )
    parser.add_argument("--keep", action="store_true", help="stay up after Podferry has ended")
    parser.add_argument("--dir", type=Path, help="directory of the lab, created empty")
    return parser.parse_args()


def _spec(name: str, options: argparse.Namespace) -> HostSpec:
    return HostSpec(
        name,
        release=options.release,
        filesystem=options.fs,
        driver=options.driver,
        size=options.size,
    )


def _print_usage(lab: Lab, old: LabHost, seconds: float) -> None:
    config = shlex.quote(str(lab.ssh_config))
    print(f"export PODFERRY_SSH_CONFIG={config}")
    print(f"# ssh -F {config} old    (also: new, op@old with sudo, plain@old without)")
    print(f"# old is {old.address}; up after {seconds:.1f} s", flush=True)


def _wait() -> None:
    print("# Ctrl-C or SIGTERM ends the lab", flush=True)
    while True:
        signal.pause()


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
