"""A run that is broken off anywhere comes to a good end, forward or back."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from core.checks.survey import complete, survey
from core.errors import UsageError
from core.journal.history import RunState, past_runs, unfinished
from core.journal.journal import Journal
from core.migrate.events import Outcome
from core.migrate.memo import to_memo
from core.migrate.resume import Resumed, choose, resume
from core.migrate.runner import Runner
from core.migrate.truth import Direction, Truth, Way, decide
from core.migrate.undo import has_lived_since, life
from core.plan.model import ItemPlan, PlannedCommand, Step, StepKind
from core.plan.planner import make_plan
from core.podman.model import Kind, Route
from core.simulated import SimulatedEngine, SimulatedHost
from core.simulated.lifecycle import start, start_pod, stop
from core.simulated.making import (
    make_container,
    make_host,
    make_image,
    make_network,
    make_pod,
    make_volume,
)
from core.simulated.probing import hit, peek
from core.simulated.things import MIB, Mount, Spec
from tests.core.migrate.dying import Process

TAG, ALIAS = "localhost/counter:latest", "localhost/other:1"
HITS = 3


@dataclass
class Pair:
    """Two hosts, of which the first runs `web`, and `shop` with two containers."""

    old: SimulatedHost
    new: SimulatedHost
    before: Mapping[str, object]
    """What the target held."""

    @property
    def hosts(self) -> tuple[SimulatedHost, SimulatedHost]:
        return self.old, self.new


def holds(host: SimulatedHost) -> Mapping[str, object]:
    return {
        "containers": {c.name for c in host.containers.values()},
        "pods": {p.name for p in host.pods.values()},
        "volumes": set(host.volumes),
        "networks": set(host.networks),
        "images": {i: image.tags for i, image in host.images.items()},
        "archives": {*host.arrived, *host.receiving},
        "claims": dict(host.claims),
    }


@pytest.fixture
def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pair:
    return make_pair(tmp_path, monkeypatch)


def make_pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pair:
    tmp_path.mkdir(exist_ok=True)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    old, new = make_host("old"), make_host("new")
    image = make_image(old, TAG, size_bytes=MIB)
    known = make_image(old, ALIAS, size_bytes=MIB)
    make_image(new, ALIAS, size_bytes=MIB).tags = ()
    make_network(old, "backend", "10.91.0.0/24")
    make_volume(old, "data", {"a": b"1"})
    spec = Spec(
        TAG,
        image.id,
        networks={"backend": ""},
        mounts=(Mount("/data", "data"),),
        restart_policy="always",
    )
    make_container(old, "web", spec, memory_bytes=MIB)
    pod = make_pod(old, "shop")
    start_pod(old, pod)
    for name, made in (("shop-a", image), ("shop-b", known)):
        make_container(old, name, Spec(made.tags[0], made.id), pod=pod, memory_bytes=MIB)
    for name in ("web", "shop-a", "shop-b"):
        for _ in range(HITS):
            hit(old, name)
    return Pair(old, new, holds(new))


def moving(marks: Mapping[str, Route]) -> Any:
    async def work(old: SimulatedEngine, new: SimulatedEngine) -> Any:
        facts = await complete(await survey(old, new, only=marks), old, marks)
        plan = make_plan(facts, marks)
        assert not plan.blocked, plan.blocked
        return await Runner(plan, old, new, patience_s=0).run()

    return work


def resuming(wish: Direction | None, names: Sequence[str] = ()) -> Any:
    async def work(old: SimulatedEngine, new: SimulatedEngine) -> tuple[Resumed, ...]:
        past = next(p for p in past_runs() if p.state is RunState.UNFINISHED)
        journal = Journal.open(past.id)
        try:
            choice = choose(await journal.read(), names, wish)
            return await resume(journal, old, new, choice, lambda _: None, patience_s=0)
        finally:
            journal.close()

    return work


MOVES = {
    "live": {"web": Route.CHECKPOINT},
    "live pod": {"shop": Route.CHECKPOINT},
    "played": {"web": Route.KUBE},
    "played pod": {"shop": Route.KUBE},
}
CONTAINERS = {"web": ("web",), "shop": ("shop-a", "shop-b")}


def runs_on(host: SimulatedHost, name: str) -> bool:
    found = host.find_container(name)
    return bool(found and found.running)


def check(pair: Pair, item: str, route: Route, wish: Direction | None, told: Resumed) -> None:
    """One copy runs, where it is said to, and the other host has nothing that it should not."""
    any_way = [Outcome.MOVED, Outcome.ROLLED_BACK]
    wished = {Direction.FORWARD: any_way[:1], Direction.BACK: any_way[1:]}
    assert told.outcome in (wished[wish] if wish else any_way), told
    assert not any(unfinished(past.run) for past in past_runs() if past.run)
    for name in CONTAINERS[item]:
        where = [host.label for host in pair.hosts if runs_on(host, name)]
        assert len(where) == 1, f"{name} runs on {where}"
        assert where == [told.runs_on]
        counted = peek(pair.old if where == ["old"] else pair.new, name)
        assert counted == HITS or (route is Route.KUBE and counted == 0)
        if where == ["old"]:
            assert holds(pair.new) == pair.before
            assert pair.old.container(name).left is None
            policy = pair.old.container(name).spec.restart_policy
            assert policy == ("always" if name == "web" else "no")
        elif route is Route.CHECKPOINT:
            assert pair.old.container(name).spec.restart_policy == "no"
    assert not pair.new.arrived
    assert not pair.new.receiving
    assert not {**pair.old.claims, **pair.new.claims}


EVERY: Mapping[Direction | None, int] = {None: 2, Direction.FORWARD: 5, Direction.BACK: 5}
"""Of the calls at which it dies, for each wish: the fault matrix has them all."""
LOOKS = "inspect inspect_all inside estate usage inventory path_kinds changed_files volume_users"


@pytest.mark.parametrize("wish", list(EVERY))
@pytest.mark.parametrize("move", MOVES)
def test_killed_at_any_call(
    move: str, wish: Direction | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ((item, route),) = MOVES[move].items()
    whole = Process(make_pair(tmp_path / "0", monkeypatch).hosts, tmp_path / "0" / "state")
    (result,) = whole.run(moving(MOVES[move]))
    assert result.outcome is Outcome.MOVED
    acts = [n for n, call in enumerate(whole.calls, 1) if call.split()[1] not in LOOKS.split()]
    outcomes = set()
    for n in acts[:: EVERY[wish]]:
        pair = make_pair(tmp_path / str(n), monkeypatch)
        first = Process(pair.hosts, tmp_path / str(n) / "state", dies_at=n)
        first.run(moving(MOVES[move]))
        if not any(past.state is RunState.UNFINISHED for past in past_runs()):
            continue
        (told,) = Process(pair.hosts, first.state).run(resuming(wish))
        try:
            check(pair, item, route, wish, told)
        except AssertionError as error:
            raise AssertionError(f"killed {n}: {first.calls[n - 1]}: {error}") from error
        outcomes.add(told.outcome)
    assert outcomes


@pytest.mark.parametrize("move", ["live", "live pod"])
@pytest.mark.parametrize("verb", ["checkpoint_ended", "restore", "receive_checkpoint"])
def test_resuming_is_killed_too_and_resumed_again(
    move: str, verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ((item, route),) = MOVES[move].items()
    whole = Process(make_pair(tmp_path / "0", monkeypatch).hosts, tmp_path / "0" / "state")
    whole.run(moving(MOVES[move]))
    dies_at = next(n for n, call in enumerate(whole.calls, 1) if call.split()[1] == verb)
    for n in range(1, 60, 3):
        pair = make_pair(tmp_path / str(n), monkeypatch)
        state = tmp_path / str(n) / "state"
        Process(pair.hosts, state, dies_at=dies_at).run(moving(MOVES[move]))
        second = Process(pair.hosts, state, dies_at=n)
        second.run(resuming(None))
        if any(past.state is RunState.UNFINISHED for past in past_runs()):
            (told,) = Process(pair.hosts, state).run(resuming(None))
            check(pair, item, route, None, told)
        if len(second.calls) < n:
            break


# What somebody else did meanwhile.


def died_after(verb: str, pair: Pair, state: Path, tmp_path: Path, mp: pytest.MonkeyPatch) -> None:
    """`web` was on its way live, and its Podferry died just after that call's effect."""
    whole = Process(make_pair(tmp_path / "whole", mp).hosts, tmp_path / "whole" / "state")
    whole.run(moving(MOVES["live"]))
    told = [call.rpartition(" ")[0] for call in whole.calls]
    mp.setenv("XDG_STATE_HOME", str(state))
    at = told.index(f"after {verb}") + 1
    Process(pair.hosts, state, dies_at=at).run(moving(MOVES["live"]))


def test_both_run_and_nobody_but_the_operator_decides(
    pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = tmp_path / "state"
    died_after("restore", pair, state, tmp_path, monkeypatch)
    start(pair.old, pair.old.container("web"))
    for wish in (None, Direction.FORWARD):
        (told,) = Process(pair.hosts, state).run(resuming(wish))
        assert told.outcome is Outcome.FAILED
        assert "runs on old and on new" in told.reason
        assert runs_on(pair.old, "web")
        assert runs_on(pair.new, "web")
    (told,) = Process(pair.hosts, state).run(resuming(Direction.BACK))
    assert (told.outcome, told.runs_on) == (Outcome.ROLLED_BACK, "old")
    assert peek(pair.old, "web") == 0
    assert holds(pair.new) == pair.before


def test_a_checkpoint_is_not_used_once_its_container_has_run_again(
    pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = tmp_path / "state"
    died_after("restore", pair, state, tmp_path, monkeypatch)
    web = pair.old.container("web")
    start(pair.old, web)
    stop(pair.old, web)
    assert web.left is not None
    (told,) = Process(pair.hosts, state).run(resuming(Direction.BACK))
    assert (told.outcome, told.runs_on) == (Outcome.ROLLED_BACK, "old")
    assert "its checkpoint is from before" in told.reason
    assert peek(pair.old, "web") == 0
    assert web.left is None


def test_another_store_answers_to_the_name(
    pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = tmp_path / "state"
    died_after("restore", pair, state, tmp_path, monkeypatch)
    strange = make_host("new")
    strange.info = dataclasses.replace(strange.info, store_id="another")
    before = holds(strange)
    with pytest.raises(UsageError, match="new is not the host"):
        Process((pair.old, strange), state).run(resuming(None))
    assert holds(strange) == before
    (told,) = Process(pair.hosts, state).run(resuming(None))
    assert told.outcome is Outcome.MOVED


def test_what_was_left_open_is_not_moved_by_another_run(
    pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = tmp_path / "state"
    died_after("create_network", pair, state, tmp_path, monkeypatch)
    (blocked,) = Process(pair.hosts, state).run(moving({"web": Route.CHECKPOINT}))
    assert blocked.outcome is Outcome.BLOCKED
    assert "podferry resume" in blocked.reason
    (told,) = Process(pair.hosts, state).run(resuming(None))
    assert told.outcome is Outcome.ROLLED_BACK
    (result,) = Process(pair.hosts, state).run(moving({"web": Route.CHECKPOINT}))
    assert result.outcome is Outcome.MOVED


# The decision.


@pytest.mark.parametrize(
    "truth,wish,way",
    [
        # source runs, target runs, target is good, was going back
        ((False, True, True, False), None, Way.FINISH),
        ((False, True, True, False), Direction.FORWARD, Way.FINISH),
        ((False, True, True, False), Direction.BACK, Way.BACK),
        ((False, True, True, True), None, Way.BACK),
        ((False, True, True, True), Direction.FORWARD, Way.FINISH),
        ((False, True, False, False), None, Way.BACK),
        ((False, True, False, False), Direction.FORWARD, Way.AGAIN),
        ((False, False, False, False), None, Way.BACK),
        ((False, False, False, False), Direction.FORWARD, Way.AGAIN),
        ((False, False, True, False), None, Way.FINISH),
        ((True, False, False, False), None, Way.BACK),
        ((True, False, False, False), Direction.FORWARD, Way.AGAIN),
        ((True, False, False, False), Direction.BACK, Way.BACK),
        ((True, True, True, False), None, Way.NONE),
        ((True, True, True, True), Direction.FORWARD, Way.NONE),
        ((True, True, False, False), Direction.BACK, Way.BACK),
    ],
)
def test_the_way_by_what_is_true(
    truth: tuple[bool, bool, bool, bool], wish: Direction | None, way: Way
) -> None:
    assert decide(Truth(*truth), wish) is way


@pytest.mark.parametrize(
    "started,restored,lived",
    [
        ("2026-01-01T10:00:00Z", "0001-01-01T00:00:00Z", False),
        ("2026-01-01T10:00:00Z", "2026-01-01T11:00:00Z", False),
        ("2026-01-01T12:00:00Z", "0001-01-01T00:00:00Z", True),
        ("2026-01-01T10:00:00Z", "2026-01-01T12:00:00Z", True),
        ("2026-01-01T09:00:00Z", "0001-01-01T00:00:00Z", True),
    ],
)
def test_whether_a_container_has_lived_since_its_dump(
    started: str, restored: str, lived: bool
) -> None:
    """The clock of a host may go back: only what differs counts. Zero is what a dump leaves."""
    before = life(
        {"State": {"StartedAt": "2026-01-01T10:00:00Z", "RestoredAt": "2026-01-01T11:00:00Z"}}
    )
    now = {"State": {"StartedAt": started, "RestoredAt": restored}}
    assert has_lived_since(before, now) is lived


def test_the_journal_keeps_no_yaml_and_no_command(tmp_path: Path) -> None:
    step = Step(StepKind.PLAY, "web", (PlannedCommand("new", ("podman", "s3cret")),))
    plan = ItemPlan(
        "web",
        "ab",
        Kind.CONTAINER,
        Route.KUBE,
        (step,),
        kube_yaml="s3cret",
        generated_yaml="s3cret",
    )
    assert "s3cret" not in json.dumps(to_memo(plan))
