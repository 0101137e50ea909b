"""`podferry attach` to runs that are over, broken off, or were never there."""

import asyncio
import json
import socket
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from core.journal.journal import Journal, runs_folder
from tui.cli import main
from tui.commands.session import EXIT_BLOCKED, EXIT_NOT_ALL, EXIT_OK, EXIT_USAGE

RUN, NEWER = "20260131-235959-3fa9", "20260201-000000-0000"


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def attach(*args: str) -> Result:
    return CliRunner().invoke(main, ["attach", *args], catch_exceptions=False)


def journal_of(run_id: str, **outcomes: str) -> None:
    """A run that is over as far as its items have outcomes."""
    items = [(name, f"{name}-id", "container", "checkpoint") for name in outcomes]
    journal = Journal.create(run_id, "old", "new", items)

    async def fill() -> None:
        for name, outcome in outcomes.items():
            if outcome:
                await journal.end_item(name, outcome, 1.25, 4096, "why\nmore")

    asyncio.run(fill())
    journal.close()


def left_socket(run_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a process leaves it that was killed."""
    monkeypatch.chdir(runs_folder())
    with socket.socket(socket.AF_UNIX) as ears:
        ears.bind(f"{run_id}.sock")
        ears.listen()


def test_no_run_at_all() -> None:
    done = attach()
    assert (done.exit_code, done.stdout) == (EXIT_USAGE, "")
    assert "no run is under way" in done.stderr
    assert "last" not in done.stderr
    assert not runs_folder().exists()


@pytest.mark.parametrize("run_id", ["last", "nosuch", RUN, "../../etc/passwd", "\x1b[2J"])
def test_no_such_run(run_id: str) -> None:
    done = attach(run_id)
    assert (done.exit_code, done.stdout) == (EXIT_USAGE, "")
    assert "no run" in done.stderr
    assert "\x1b" not in done.stderr


def test_none_under_way_points_to_the_last_one(monkeypatch: pytest.MonkeyPatch) -> None:
    journal_of(RUN, web="moved")
    left_socket(RUN, monkeypatch)
    done = attach()
    assert done.exit_code == EXIT_USAGE
    assert "podferry attach last" in done.stderr


@pytest.mark.parametrize("run_id", [NEWER, "last"])
def test_the_end_of_a_run_that_is_over(run_id: str) -> None:
    journal_of(RUN, old="moved")
    journal_of(NEWER, web="moved", db="rolled_back")
    done = attach(run_id)
    assert done.exit_code == EXIT_NOT_ALL
    (told,) = map(json.loads, done.stdout.splitlines())
    assert (told["event"], told["id"]) == ("run", NEWER)
    assert [item["name"] for item in told["items"]] == ["web", "db"]
    assert told["items"][1] == {
        "name": "db", "kind": "container", "route": "checkpoint", "outcome": "rolled_back",
        "downtime_s": 1.25, "bytes": 4096, "reason": "why\nmore", "losses": [],
    }  # fmt: skip


@pytest.mark.parametrize(
    "outcomes,code",
    [
        ({"web": "moved"}, EXIT_OK),
        ({"web": "moved", "db": "blocked"}, EXIT_BLOCKED),
        ({"web": "failed"}, EXIT_NOT_ALL),
    ],
)
def test_the_exit_code_is_that_of_the_move(outcomes: dict[str, str], code: int) -> None:
    journal_of(RUN, **outcomes)
    assert attach(RUN, "--json").exit_code == code


def test_a_run_whose_process_was_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    journal_of(RUN, web="moved", db="")
    left_socket(RUN, monkeypatch)
    done = attach(RUN)
    assert (done.exit_code, done.stdout) == (EXIT_NOT_ALL, "")
    assert "the process that carried the run out is gone" in done.stderr
    assert f"podferry resume {RUN}" in done.stderr


def test_a_run_that_another_podferry_has_in_hand() -> None:
    journal_of(RUN, web="")
    journal = Journal.open(RUN)
    done = attach(RUN)
    journal.close()
    assert done.exit_code == EXIT_USAGE
    assert "under way in another podferry" in done.stderr


def test_a_damaged_journal_is_told_and_kept() -> None:
    runs_folder().mkdir(parents=True)
    path = runs_folder() / f"{RUN}.sqlite"
    path.write_bytes(b"damaged")
    done = attach("last")
    assert done.exit_code == EXIT_USAGE
    assert str(path) in done.stderr
    assert path.read_bytes() == b"damaged"
