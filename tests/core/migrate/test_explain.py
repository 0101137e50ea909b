"""What the operator reads when an item did not move: its cause, and the host's own words."""

import logging
from pathlib import Path

import pytest

from core.checks.survey import survey
from core.errors import CommandFailed, DeadlineExceeded, PodferryError, TransferFailed
from core.journal.journal import log_path
from core.migrate.events import Event, ItemResult, Note, Outcome, StepEnded, StepOutcome
from core.migrate.explain import explain
from core.migrate.runner import Runner
from core.plan.planner import make_plan
from core.podman.model import Route
from core.simulated.estates import seed_pair
from core.simulated.faults import IN_FLIGHT, Fail, Fault, NoSpace

HOME = "/var/lib/containers/storage/overlay-containers/0a1b/userdata"
GHOST = f"""\
CRIU checkpointing failed -52.  Please check CRIU logfile {HOME}/dump.log: Invalid exchange
Error: `/usr/bin/crun checkpoint --work-path {HOME} 0a1b` failed: exit status 1
(00.1) Error (criu/files-reg.c:1031): Can't dump ghost file /ghost of 2097152 size, increase limit
(00.2) Error (criu/cr-dump.c:1975): Dumping FAILED."""


def dump_failed(detail: str) -> CommandFailed:
    return CommandFailed("`podman container checkpoint` failed", host="old", detail=detail)


def test_the_cause_comes_first_then_the_remedy_and_the_raw_lines_stay() -> None:
    first, second, *rest = explain(dump_failed(GHOST)).splitlines()
    assert first.startswith("old: A process holds the deleted file /ghost open")
    assert "ghost-limit" in second
    assert rest == [
        "old: `podman container checkpoint` failed",
        *GHOST.splitlines(),
        f"CRIU's log: old: {HOME}/dump.log",
    ]


def test_lines_that_came_twice_are_told_once() -> None:
    assert explain(dump_failed(f"{GHOST}\n{GHOST}")) == explain(dump_failed(GHOST))


def test_what_is_not_known_is_told_as_it_came() -> None:
    error = CommandFailed(
        "`podman x` failed", host="old", detail="odd", now="It runs.", todo="Look."
    )
    assert explain(error) == str(error)


@pytest.mark.parametrize(
    "quoted",
    [
        'log file: /c/userdata/dump.log"',
        "--- excerpt from CRIU log `/c/userdata/dump.log`",
        "Please check CRIU logfile /c/userdata/dump.log: Invalid exchange",
        "log file: /c/userdata/dump.log",
    ],
)
def test_the_log_of_a_dump_is_found_however_it_is_quoted(quoted: str) -> None:
    assert explain(dump_failed(quoted)).splitlines()[-1] == "CRIU's log: old: /c/userdata/dump.log"


def test_a_restore_s_log_goes_with_its_container_so_nobody_is_sent_there() -> None:
    assert "CRIU's log" not in explain(dump_failed("log file: /c/userdata/restore.log"))


def test_an_error_without_host_or_detail() -> None:
    assert explain(TransferFailed("digests differ")) == "digests differ"


def test_a_deadline_is_explained_by_its_own_words() -> None:
    error = DeadlineExceeded("`podman container restore` did not end within 60 s and was stopped")
    assert explain(error).splitlines()[0] == "Podman did not answer in time."


def test_braces_and_escapes_of_a_host_stay_as_they_are() -> None:
    error = PodferryError("no {x}", host="{old}", detail='no secret with name or id "{b}\x1b[0m"')
    assert explain(error).startswith("{old}: The secret {b}\x1b[0m is not on that host.\n")


# In a run.


async def move(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *faults: Fault, on_target: bool = False
) -> tuple[ItemResult, list[Event]]:
    """Move a container of the simulated estate live, and let it meet these faults."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    old, new = seed_pair()
    await old.connect()
    await new.connect()
    estate = await old.estate()
    item = next(i for i in estate.items if i.running and len(i.containers) == 1 and not i.infra_id)
    marks = {item.name: Route.CHECKPOINT}
    plan = make_plan(await survey(old, new), marks)
    assert not plan.items[0].blocks
    (new if on_target else old).faults.add(*faults)
    events: list[Event] = []
    runner = Runner(plan, old, new, jobs=1)
    runner.subscribe(events.append)
    (result,) = await runner.run()
    return result, events


async def test_the_reason_of_an_item_and_of_its_step_begin_with_the_cause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        result, events = await move(tmp_path, monkeypatch, Fault("checkpoint", Fail(GHOST), nth=0))
    assert result.outcome is Outcome.ROLLED_BACK
    lines = result.reason.splitlines()
    assert lines[0].startswith("old: A process holds the deleted file /ghost open")
    assert "Can't dump ghost file /ghost of 2097152 size" in result.reason
    assert lines[-2] == "A fix: p and f in the app, or podferry fix old new ghost-limit"
    assert lines[-1] == f"Podferry's log: {log_path()}"
    assert GHOST.splitlines()[-1] in caplog.text
    failed = [e for e in events if isinstance(e, StepEnded) and e.outcome is StepOutcome.FAILED]
    assert [e.detail.splitlines()[0] for e in failed] == [lines[0]]


async def test_what_is_transient_is_tried_again_and_the_operator_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result, events = await move(tmp_path, monkeypatch, Fault("checkpoint", Fail(IN_FLIGHT)))
    assert result.outcome is Outcome.MOVED
    notes = [e.text for e in events if isinstance(e, Note)]
    assert len(notes) == 1
    assert "TCP connection" in notes[0]
    assert notes[0].endswith("Trying again.")


@pytest.mark.parametrize(
    "said",
    [
        "inet: Connected TCP socket, consider using --tcp-established option.",
        "Some file locks are hold by dumping tasks! You can try --file-locks to dump them.",
    ],
)
async def test_what_a_flag_cures_is_tried_once_more_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    result, _ = await move(tmp_path, monkeypatch, Fault("checkpoint", Fail(said)))
    assert result.outcome is Outcome.MOVED
    again, _ = await move(tmp_path, monkeypatch, Fault("checkpoint", Fail(said), nth=0))
    assert again.outcome is Outcome.ROLLED_BACK


async def test_a_full_disk_says_how_much_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result, _ = await move(
        tmp_path, monkeypatch, Fault("receive_checkpoint", NoSpace(4096), nth=0), on_target=True
    )
    assert result.outcome is Outcome.ROLLED_BACK
    assert result.reason.splitlines()[0] == "new: The disk is full there."
    assert "MiB are needed." in result.reason
