"""The script that holds claims, in the shells of hosts: one at a time, no dead one for long."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.podman.real.scripts import CLAIMS

Holder = subprocess.Popen[str]
Start = Callable[..., Holder]


SHELLS = [s for s in ("sh", "bash --posix", "busybox sh") if shutil.which(s.split()[0])]


@pytest.fixture(params=SHELLS)
def start(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Start]:
    """Start somebody who holds claims."""
    shell = request.param.split()
    started: list[Holder] = []

    def begin(run: str, *, lapse_s: int = 60) -> Holder:
        argv = [*shell, "-c", CLAIMS, "podferry", str(tmp_path / "claim"), run, "me@x"]
        pipe = subprocess.PIPE
        started.append(
            subprocess.Popen(
                [*argv, str(lapse_s)],
                stdin=pipe,
                stdout=pipe,
                stderr=subprocess.DEVNULL,
                text=True,
                start_new_session=True,
            )
        )
        return started[-1]

    yield begin
    for holder in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(holder.pid, signal.SIGKILL)
        holder.communicate()


def tell(holder: Holder, line: str) -> None:
    assert holder.stdin
    holder.stdin.write(f"{line}\n")
    holder.stdin.flush()


def said(holder: Holder) -> str:
    assert holder.stdout
    return holder.stdout.readline().strip()


def take(holder: Holder, name: str = "web") -> str:
    tell(holder, f"take {name}")
    about, _, answer = said(holder).partition(" ")
    assert about == name
    return answer


def leave(holder: Holder, name: str) -> None:
    tell(holder, f"leave {name}")
    assert said(holder) == f"{name} left"


def end(holder: Holder) -> None:
    holder.communicate("")
    assert holder.returncode == 0


def test_it_is_held_until_stdin_ends_and_nothing_stays(start: Start, tmp_path: Path) -> None:
    first = start("run1")
    assert take(first) == "claimed"
    refused = start("run2")
    assert take(refused).startswith("held by run run1 of me@x, since 20")
    end(first)
    assert take(refused) == "claimed"
    end(refused)
    assert list(tmp_path.iterdir()) == []


def test_of_several_each_is_let_go_by_itself(start: Start) -> None:
    first, second = start("run1"), start("run2")
    assert [take(first, name) for name in ("web", "db%20x")] == ["claimed", "claimed"]
    assert take(first) == "claimed"
    leave(first, "web")
    assert take(second, "web") == "claimed"
    assert take(second, "db%20x").startswith("held by run run1")
    assert take(first, "web").startswith("held by run run2")


def test_who_leaves_what_is_not_its_own_leaves_it_alone(start: Start) -> None:
    first, second = start("run1"), start("run2")
    assert take(first) == "claimed"
    leave(second, "web")
    leave(second, "nothing")
    assert take(second).startswith("held by run run1")


def test_who_is_refused_leaves_the_claim_alone(start: Start, tmp_path: Path) -> None:
    first = start("run1")
    assert take(first) == "claimed"
    before = (tmp_path / "claim.web").read_text()
    for number in range(3):
        refused = start(f"other{number}")
        assert take(refused).startswith("held")
        end(refused)
    assert (tmp_path / "claim.web").read_text() == before
    assert first.poll() is None


def test_the_same_run_takes_over(start: Start) -> None:
    first = start("run1")
    assert take(first) == "claimed"
    second = start("run1")
    assert take(second) == "claimed"
    assert first.wait() == 0
    assert take(start("run2")).startswith("held by run run1")
    assert second.poll() is None


def test_who_hears_nothing_lets_go(start: Start, tmp_path: Path) -> None:
    silent = start("run1", lapse_s=1)
    assert take(silent) == "claimed"
    assert silent.wait() == 0
    assert list(tmp_path.iterdir()) == []


def has_members(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_nothing_is_left_of_one_that_was_killed(start: Start) -> None:
    """Above all nobody who would signal its number, which may be another process's by then."""
    holder = start("run1")
    assert take(holder) == "claimed"
    assert has_members(holder.pid)
    holder.kill()
    holder.communicate()
    deadline = time.monotonic() + 60
    while has_members(holder.pid):
        assert time.monotonic() < deadline


def test_a_sign_of_life_is_not_answered(start: Start) -> None:
    holder = start("run1")
    tell(holder, ".")
    assert take(holder) == "claimed"


def test_of_many_who_follow_a_dead_one_at_once_one_holds_it(start: Start) -> None:
    holder = start("run0")
    assert take(holder) == "claimed"
    for turn in range(5):
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        rest = [start(f"run{turn}.{number}") for number in range(8)]
        for one in rest:
            tell(one, "take web")
        claimed = [one for one in rest if said(one) == "web claimed"]
        assert len(claimed) == 1
        (holder,) = claimed
        assert holder.poll() is None
