"""The names on a real host, as a shell is given them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.lab.driver import COMMAND, Podferry, run_counter
from tests.lab.fixtures import Pair
from tests.lab.lab import Lab


@pytest.fixture
def podferry(lab: Lab, tmp_path: Path) -> Podferry:
    return Podferry(tmp_path, lab.ssh_config)


def completed(podferry: Podferry, words: str) -> list[str]:
    done = subprocess.run(
        [COMMAND],
        env={
            **podferry.environment(),
            "PATH": os.environ["PATH"],
            "_PODFERRY_COMPLETE": "bash_complete",
            "COMP_WORDS": f"podferry {words}",
            "COMP_CWORD": str(len(f"{words}x".split())),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stderr == ""
    return [line.partition(",")[2] for line in done.stdout.splitlines() if line]


def test_names_come_from_the_host_and_silence_when_it_is_gone(
    podferry: Podferry, pair: Pair
) -> None:
    run_counter(pair.old, "web", 8080)
    assert completed(podferry, "move old new ") == ["web"]
    pair.old.cut_network()
    (podferry.state / "podferry" / "seen-names.json").unlink()
    assert completed(podferry, "move old new ") == []
