"""The script that holds a claim, in the shells of hosts: one at a time, no dead one for long."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.podman.real.scripts import CLAIM

Holder = subprocess.Popen[str]
Take = Callable[..., Holder]


SHELLS = [s for s in ("sh", "bash --posix", "busybox sh") if shutil.which(s.split()[0])]


@pytest.fixture(params=SHELLS)
def take(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Take]:
    """Start somebody who takes the claim."""
    shell = request.param.split()
    started: list[Holder] = []

    def start(run: str, *, lapse_s: int = 60) -> Holder:
        argv = [*shell, "-c", CLAIM, "podferry", str(tmp_path / "claim.web"), run, "me@x"]
        pipe = subprocess.PIPE
        started.append(
            subprocess.Popen(
                [*argv, str(lapse_s)], stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True
            )
        )
        return started[-1]

    yield start
    for holder in started:
        holder.kill()
        holder.communicate()


def said(holder: Holder) -> str:
    assert holder.stdout
    return holder.stdout.readline().strip()


def let_go(holder: Holder) -> None:
    holder.communicate("")
    assert holder.returncode == 0


def test_it_is_held_until_stdin_ends_and_nothing_stays(take: Take, tmp_path: Path) -> None:
    first = take("run1")
    assert said(first) == "claimed"
    refused = take("run2")
    assert said(refused).startswith("held by run run1 of me@x, since 20")
    assert refused.wait() == 1
    let_go(first)
    assert list(tmp_path.iterdir()) == []
    assert said(take("run2")) == "claimed"


def test_who_is_refused_leaves_the_claim_alone(take: Take, tmp_path: Path) -> None:
    first = take("run1")
    assert said(first) == "claimed"
    before = (tmp_path / "claim.web").read_text()
    for number in range(3):
        refused = take(f"other{number}")
        assert said(refused).startswith("held")
        assert refused.wait() == 1
    assert (tmp_path / "claim.web").read_text() == before
    assert first.poll() is None


def test_the_same_run_takes_over(take: Take) -> None:
    first = take("run1")
    assert said(first) == "claimed"
    second = take("run1")
    assert said(second) == "claimed"
    assert first.wait() == 0
    assert said(take("run2")).startswith("held by run run1")
    assert second.poll() is None


def test_who_hears_nothing_lets_go(take: Take, tmp_path: Path) -> None:
    silent = take("run1", lapse_s=1)
    assert said(silent) == "claimed"
    assert silent.wait() == 0
    assert list(tmp_path.iterdir()) == []


def test_of_many_who_follow_a_dead_one_at_once_one_holds_it(take: Take) -> None:
    holder = take("run0")
    assert said(holder) == "claimed"
    for turn in range(5):
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        rest = [take(f"run{turn}.{number}") for number in range(8)]
        claimed = [one for one in rest if said(one) == "claimed"]
        assert len(claimed) == 1
        (holder,) = claimed
        assert holder.poll() is None
