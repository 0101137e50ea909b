"""Watching an item where it arrives: what brings it back, and what does not."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import pytest

from core.checks.survey import complete, survey
from core.errors import UsageError
from core.evidence.kept import kept
from core.evidence.model import Aspect, Verdict
from core.evidence.probe import Probe, ProbeKind
from core.evidence.watch import Watch
from core.journal.journal import Journal, read_run
from core.migrate.events import (
    CameUp,
    Event,
    ItemEnded,
    ItemResult,
    ItemStarted,
    Note,
    Outcome,
    StepStarted,
)
from core.migrate.runner import Runner
from core.migrate.verify import verify
from core.plan.planner import make_plan
from core.podman.model import Port, Route
from core.simulated.lifecycle import halt
from core.simulated.things import Memory
from tests.core.migrate.conftest import Stage, add, counts

COUNT = Probe("count", ProbeKind.HTTP, "web", port=8080, path="/peek", number=r"counter: (\d+)")
SHORT = Watch(0.2, every_s=0.01)


async def move(
    stage: Stage,
    names: list[str],
    watch: Watch = SHORT,
    route: Route = Route.CHECKPOINT,
    heard: Callable[[Event], None] = lambda event: None,
    jobs: int = 4,
) -> tuple[ItemResult, ...]:
    """Move items, and remember the run."""
    marks = dict.fromkeys(names, route)
    facts = await survey(stage.source, stage.target, only=names)
    plan = make_plan(await complete(facts, stage.source, marks), marks)
    runner = Runner(plan, stage.source, stage.target, patience_s=0, watch=watch, jobs=jobs)
    runner.subscribe(heard)
    stage.run = runner.run_id
    return await runner.run()


def verdict(stage: Stage, name: str, aspect: Aspect) -> Verdict:
    """What the journal keeps."""
    return next(c.verdict for c in kept(stage.run)[name] if c.aspect is aspect)


async def test_an_honest_move_is_all_good_and_kept(stage: Stage) -> None:
    counts(stage.old, "web", 11)
    (result,) = await move(stage, ["web"], dataclasses.replace(SHORT, probes=(COUNT,)))
    assert result.outcome is Outcome.MOVED
    told = {c.aspect: c.verdict for c in kept(stage.run)["web"]}
    assert set(told) == set(Aspect)
    assert Verdict.DIFFERENT not in told.values()
    assert told[Aspect.PROBES] is Verdict.SAME
    assert told[Aspect.VOLUMES] is Verdict.SAME


@pytest.mark.parametrize("route", Route)
async def test_a_container_that_ends_while_it_is_watched_goes_back(
    stage: Stage, route: Route
) -> None:
    def end(event: Event) -> None:
        if isinstance(event, StepStarted) and event.title.startswith("watch"):
            halt(stage.new, stage.new.container("web"), 7)

    (result,) = await move(stage, ["web"], route=route, heard=end)
    assert result.outcome is Outcome.ROLLED_BACK
    assert "it ended with exit code 7" in result.reason
    assert stage.old.container("web").running
    assert stage.new.find_container("web") is None
    assert verdict(stage, "web", Aspect.STATE) is Verdict.DIFFERENT


async def test_a_counter_that_begins_anew_goes_back_unless_told_otherwise(stage: Stage) -> None:
    counts(stage.old, "web", 11)
    watch = dataclasses.replace(SHORT, probes=(COUNT,))
    (result,) = await move(stage, ["web"], watch, Route.KUBE)
    assert result.outcome is Outcome.ROLLED_BACK
    assert "count: 0 after 11: it has begun anew" in result.reason
    notes: list[str] = []
    keep = dataclasses.replace(watch, keep_different=True)
    stage.old.container("web").memory = Memory(hits=11)
    (result,) = await move(stage, ["web"], keep, Route.KUBE, _noting(notes))
    assert result.outcome is Outcome.MOVED
    assert any("it has begun anew" in note for note in notes)
    refused = await stage.accept("web")
    assert not refused.done
    assert "it is not as it was: probes" in refused.reason


def _noting(notes: list[str]) -> Callable[[Event], None]:
    def hear(event: Event) -> None:
        if isinstance(event, Note):
            notes.append(event.text)

    return hear


async def test_a_file_that_differs_goes_back(stage: Stage) -> None:
    def hear(event: Event) -> None:
        if isinstance(event, CameUp) and event.host == "new":
            tamper(stage)

    (result,) = await move(stage, ["web"], heard=hear)
    assert result.outcome is Outcome.ROLLED_BACK
    assert "volumes: differs: data: f" in result.reason
    assert stage.old.volume("data").files["f"] == b"old"


async def test_a_file_that_is_written_there_is_its_own_doing(stage: Stage) -> None:
    def hear(event: Event) -> None:
        if isinstance(event, CameUp) and event.host == "new":
            stage.new.volume("data").files["f"] = b"later"

    (result,) = await move(stage, ["web"], heard=hear)
    assert result.outcome is Outcome.MOVED
    assert verdict(stage, "web", Aspect.VOLUMES) is Verdict.EXPECTED


def tamper(stage: Stage) -> None:
    """A file on the target is another one, and was so before anything ran there."""
    stage.new.volume("data").files["f"] = b"wrong"
    stage.new.container("web").found = {"data": {"f": b"wrong"}}


async def test_a_probe_that_was_bad_before_is_not_held_against_it(stage: Stage) -> None:
    bad = Probe("bad", ProbeKind.TCP, "web", port=9999)
    (result,) = await move(stage, ["web"], dataclasses.replace(SHORT, probes=(bad,)))
    assert result.outcome is Outcome.MOVED


async def test_labels_are_asked_inside_and_their_faults_are_told(stage: Stage) -> None:
    labels = {
        "podferry.probe.lives": 'exec = ["true"]',
        "podferry.probe.evil": 'command = ["touch", "/tmp/podferry-pwned"]',
    }
    add(stage.old, "labelled", labels=labels, ports=(Port(8070, 8088),))
    notes: list[str] = []
    (result,) = await move(stage, ["labelled"], heard=_noting(notes))
    assert result.outcome is Outcome.MOVED
    assert any("is taken from a file alone" in note for note in notes)
    probes = next(c for c in kept(stage.run)["labelled"] if c.aspect is Aspect.PROBES)
    assert (probes.verdict, probes.before) == (Verdict.SAME, "lives exit 0")


async def test_the_source_is_looked_at_once_for_all_that_begin_soon(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.migrate.witness._BEFORE_S", math.inf)
    add(stage.old, "next")
    results = await move(stage, ["web", "shop", "next"], jobs=1)
    assert {r.outcome for r in results} == {Outcome.MOVED}
    assert [call.verb for call in stage.source.faults.calls].count("traces") == 1
    assert all(verdict(stage, r.name, Aspect.PROCESSES) is Verdict.SAME for r in results)


async def test_others_move_while_one_is_watched(stage: Stage) -> None:
    add(stage.old, "next")
    order: list[str] = []

    def hear(event: Event) -> None:
        if isinstance(event, ItemStarted):
            order.append("begin")
        elif isinstance(event, ItemEnded):
            order.append("end")

    watch = Watch(1.0, every_s=0.01)
    results = await move(stage, ["shop", "next"], watch, heard=hear, jobs=1)
    assert {r.outcome for r in results} == {Outcome.MOVED}
    assert order == ["begin", "begin", "end", "end"]


async def test_a_target_that_is_lost_while_it_is_watched_keeps_the_item(stage: Stage) -> None:
    notes: list[str] = []
    note = _noting(notes)

    def cut(event: Event) -> None:
        note(event)
        if isinstance(event, StepStarted) and event.title.startswith("watch"):
            stage.target.faults.cut()

    (result,) = await move(stage, ["web"], heard=cut)
    assert result.outcome is Outcome.MOVED
    assert any("was not watched to the end" in text for text in notes)
    assert "web" not in kept(stage.run)


async def test_verify_looks_anew(stage: Stage) -> None:
    await move(stage, ["web"])
    tamper(stage)
    journal = Journal.open(stage.run)
    try:
        items = read_run(stage.run).items
        (seen,) = await verify(items, journal, stage.source, stage.target, SHORT)
    finally:
        journal.close()
    assert not seen.good
    assert verdict(stage, "web", Aspect.VOLUMES) is Verdict.DIFFERENT


async def test_a_journal_that_is_older_than_evidence_can_be_read(stage: Stage) -> None:
    await stage.move("web")
    journal = Journal.open(stage.run)
    journal._db.execute("drop table evidence")
    items = (await journal.read()).items
    (seen,) = await verify(items, journal, stage.source, stage.target, SHORT)
    journal.close()
    assert "no evidence was kept" in seen.trouble
    assert kept(stage.run) == {}


@pytest.mark.parametrize("text", ["-1", "soon", "nan", "inf", "99999"])
def test_a_bad_setting_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PODFERRY_DWELL", text)
    with pytest.raises(UsageError):
        Watch.configured()
