"""The report of a run, from real runs between simulated hosts."""

import json
import os
import stat
from pathlib import Path

import pytest

from core.checks.survey import complete, survey
from core.journal.fixes import FixOutcome, FixRecord, fixes_of, record_fix
from core.journal.journal import Journal, run_folder, runs_folder
from core.migrate.chronicle import read_chronicle
from core.migrate.events import CommandRan, RunEnded
from core.migrate.runner import Runner
from core.plan.planner import make_plan
from core.podman.model import Route
from core.report.model import Report
from core.report.read import read_report
from core.simulated import SimulatedEngine
from core.simulated.estates import seed_pair
from core.simulated.faults import Fail, Fault

MARKS = {"auth": Route.CHECKPOINT, "nightly_backup": Route.KUBE, "scratch.pad": Route.CHECKPOINT}


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


async def run(old: SimulatedEngine, new: SimulatedEngine) -> str:
    for engine in (old, new):
        await engine.connect()
    facts = await complete(await survey(old, new, only=MARKS), old, MARKS)
    runner = Runner(make_plan(facts, MARKS), old, new, patience_s=0)
    await runner.run()
    return runner.run_id


@pytest.fixture
async def report() -> Report:
    return read_report(await run(*seed_pair()))


# What is told


def test_it_tells_what_moved_and_how(report: Report) -> None:
    told = {i.name: (i.route, i.outcome) for i in report.items}
    assert told == {
        "auth": ("checkpoint", "moved"),
        "nightly_backup": ("kube", "moved"),
        "scratch.pad": ("checkpoint", "blocked"),
    }
    assert report.complete
    assert report.ended_s
    assert report.ended_s >= report.began_s
    assert (report.source.label, report.target.label) == ("old", "new")
    assert report.source.podman
    assert report.bytes == sum(i.bytes for i in report.items) > 0


def test_an_items_times_are_in_order(report: Report) -> None:
    times = report.items[0].times
    assert times.began_s
    assert times.down_s
    assert times.up_s
    assert times.ended_s
    assert times.began_s <= times.down_s <= times.up_s <= times.ended_s
    assert times.up_on == "new"
    assert report.items[2].times.began_s is None, "it was blocked"


def test_steps_sum_up_to_what_moved(report: Report) -> None:
    for item in report.items:
        assert sum(step.bytes for step in item.steps) == item.bytes
        assert all(step.seconds is not None for step in item.steps)


def test_what_was_not_carried_over_is_told(report: Report) -> None:
    assert any("becomes the pod" in loss for loss in report.items[1].losses)
    assert report.losses >= 1


def test_commands_are_told_without_what_goes_in(report: Report) -> None:
    argvs = [" ".join(c.argv) for c in report.commands]
    assert any("checkpoint" in argv for argv in argvs)
    kept = (run_folder(report.run_id) / "events.jsonl").read_text()
    assert "apiVersion" not in kept, "YAML may hold passwords"


# How it is kept


def test_the_tale_is_for_its_owner_only(report: Report) -> None:
    path = run_folder(report.run_id) / "events.jsonl"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_a_step_that_failed_and_the_way_back_are_told() -> None:
    old, new = seed_pair()
    new.faults.add(Fault("restore", Fail("Error: no"), nth=0))
    report = read_report(await run(old, new))
    auth = report.items[0]
    assert auth.outcome == "rolled_back"
    assert auth.reason
    assert auth.times.up_on == "old"
    assert [s.outcome for s in auth.steps][-1] == "failed"
    assert not auth.losses, "it did not move"


async def test_the_decision_is_told_with_its_time(report: Report) -> None:
    journal = Journal.open(report.run_id)
    await journal.settle_item("auth", "accepted")
    journal.close()
    again = read_report(report.run_id)
    assert again.items[0].settled == "accepted"
    assert (again.items[0].settled_s or 0) >= report.began_s
    assert again.items[1].settled_s is None


def test_a_run_whose_tale_is_gone_still_has_a_report(report: Report) -> None:
    (run_folder(report.run_id) / "events.jsonl").unlink()
    bare = read_report(report.run_id)
    assert not bare.complete
    assert bare.items[0].outcome == "moved"
    assert bare.items[0].downtime_s == report.items[0].downtime_s


@pytest.mark.parametrize(
    "line",
    ["", "{", "null", "[1]", '[1, "Nosuch", {}]', '[1, "CameUp", {"item": 3}]', '["x", "Note", {}]',
     '[1, ["Note"], {}]', '[1, {"a": 1}, {}]', "\x00" * 50],
)  # fmt: skip
def test_a_line_that_cannot_be_read_is_left_out(report: Report, line: str) -> None:
    path = run_folder(report.run_id) / "events.jsonl"
    before = list(read_chronicle(report.run_id))
    with path.open("a") as file:
        file.write(f'{line}\n[1.5, "Note", {{"item": "auth", "text": "last"}}]\n')
    after = list(read_chronicle(report.run_id))
    assert after[:-1] == before
    path.write_bytes(path.read_bytes()[:-9])
    assert list(read_chronicle(report.run_id)) == before, "a line that was cut off"


async def test_a_tale_that_cannot_be_written_stops_no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    opens = os.open

    def full(path: object, *args: int, **more: int) -> int:
        if str(path).endswith("events.jsonl"):
            raise OSError(28, "No space left on device")
        return opens(path, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", full)
    report = read_report(await run(*seed_pair()))
    assert report.items[0].outcome == "moved"
    assert not report.complete


def test_what_is_kept_ends_with_the_runs_end(report: Report) -> None:
    told = [one.what for one in read_chronicle(report.run_id)]
    assert isinstance(told[-1], RunEnded)
    assert any(isinstance(what, CommandRan) for what in told)


def fix(at_s: float, host: str = "old", store: str = "s1") -> FixRecord:
    argv = ("chattr", "+C", "/var/lib/containers")
    return FixRecord(at_s, "set nodatacow", FixOutcome.DONE, (host,), (store,), ((host, argv),))


def test_fixes_are_found_by_store_or_label_and_time() -> None:
    for one in (fix(10), fix(20, "other", "s1"), fix(30, "old", ""), fix(40, "x", "y"), fix(99)):
        record_fix(one)
    with (runs_folder().parent / "fixes.jsonl").open("a") as file:
        file.write("{\n" + json.dumps({"at_s": 35}) + "\n")
    found = fixes_of(("old", "new"), ("s1", ""), 15, 50)
    assert [one.at_s for one in found] == [20, 30]
    assert stat.S_IMODE((runs_folder().parent / "fixes.jsonl").stat().st_mode) == 0o600
