from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.migrate.events import (
    CameUp,
    Cancel,
    CommandRan,
    Event,
    ItemEnded,
    ItemStarted,
    Note,
    Outcome,
    Progress,
    RollingBack,
    RunEnded,
    RunStarted,
    StepEnded,
    StepOutcome,
    StepStarted,
    WentDown,
)
from tests.tui.run.scripted import MIB, T0, at_work, begin, estate, item, moved, record, result
from tui.screens.run.entries import Remark
from tui.screens.run.item_state import ItemState, Phase
from tui.screens.run.state import RunState, apply, tell

WEB, SHOP = item("web"), item("shop")
LEGACY = item("legacy", blocks=("It needs a device.", "It needs a network."))
PLAN = estate(WEB, LEGACY, SHOP)


def after(*events: Event) -> RunState:
    return reduce(apply, events, RunState.of("r7k2", PLAN))


def web(state: RunState) -> ItemState:
    found = state.find("web")
    assert found is not None
    return found


def test_blocked_items_have_ended_before_the_run() -> None:
    state = after()
    assert state.waiting == 2
    assert state.outcomes == {Outcome.BLOCKED: 1}
    assert state.results[0].reason == "It needs a device. It needs a network."
    assert state.elapsed_s(T0) is None


def test_an_item_is_active_from_its_first_event_to_its_end() -> None:
    state = after(*begin(PLAN), *at_work(WEB, T0))
    assert [i.name for i in state.active] == ["web"]
    assert (web(state).step, web(state).step_title) == (2, "dump web")
    state = reduce(apply, moved(WEB, T0 + 5), state)
    assert not state.active
    assert state.outcomes[Outcome.MOVED] == 1


def test_downtime_ticks_until_the_proof_of_life() -> None:
    state = after(*at_work(WEB, T0))
    assert web(state).down_for_s(T0 + 3) == 2.0
    assert state.longest_down_s(T0 + 3) == 2.0
    state = apply(state, CameUp("web", "new", 2.5))
    assert web(state).down_for_s(T0 + 60) == 2.5
    assert web(state).up_on == "new"


def test_a_rollback_after_the_proof_of_life_lets_the_first_clock_go_on() -> None:
    state = after(*at_work(WEB, T0), CameUp("web", "new", 2.5), RollingBack("web", "differs"))
    assert web(state).phase is Phase.BACK
    assert web(state).down_for_s(T0 + 11) == 10.0
    state = apply(state, CameUp("web", "old", 12.0))
    assert web(state).down_for_s(T0 + 99) == 12.0


def test_a_rollback_of_what_was_never_down_starts_no_clock() -> None:
    state = after(ItemStarted("web", T0), RollingBack("web", "no room on new"))
    assert web(state).down_for_s(T0 + 9) is None


def test_bytes_of_streams_add_up() -> None:
    state = after(
        StepStarted("web", 0, "stage image", T0),
        Progress("web", 10 * MIB, 20 * MIB, 1.0, None),
        Progress("web", 20 * MIB, 20 * MIB, 1.0, None),
        StepEnded("web", 0, StepOutcome.DONE, "", T0),
        StepStarted("web", 1, "dump", T0),
        Progress("web", 5 * MIB, None, 1.0, None),
    )
    assert web(state).bytes == state.bytes == 25 * MIB


def test_a_sample_that_comes_after_the_end_of_its_step_is_not_counted_twice() -> None:
    state = after(
        StepStarted("web", 0, "dump", T0),
        Progress("web", 10, 20, 1.0, None),
        StepEnded("web", 0, StepOutcome.DONE, "", T0),
        Progress("web", 20, 20, 1.0, None),
    )
    assert web(state).bytes == 20


def test_a_second_stream_of_a_step_starts_over() -> None:
    state = after(
        StepStarted("web", 0, "copy volume", T0),
        Progress("web", 10, 10, 1.0, None),
        Progress("web", 3, 10, 1.0, None),
    )
    assert web(state).bytes == 13


def test_a_stream_at_rest_keeps_its_bytes_and_loses_its_rate() -> None:
    state = after(*at_work(WEB, T0), StepEnded("web", 2, StepOutcome.DONE, "", T0))
    stream = web(state).stream
    assert stream is not None
    assert not stream.flowing
    assert (stream.fraction, stream.rate_bytes_s, stream.eta_s) == (0.5, 0.0, None)


@pytest.mark.parametrize("done, total, fraction", [(5, None, None), (5, 0, None), (9, 6, 1)])
def test_a_fraction_is_known_only_with_a_total(
    done: int, total: int | None, fraction: float | None
) -> None:
    stream = web(after(Progress("web", done, total, 1.0, None))).stream
    assert stream is not None
    assert stream.fraction == fraction


def test_the_results_of_the_run_settle_all_items() -> None:
    results = (result(WEB), result(SHOP, Outcome.FAILED, None, "new is gone"))
    state = after(*begin(PLAN), RunEnded("r7k2", results, T0 + 9))
    assert state.ended
    assert state.elapsed_s(T0 + 99) == 9.0
    assert state.outcomes == {Outcome.MOVED: 1, Outcome.FAILED: 1, Outcome.BLOCKED: 1}


def test_the_log_holds_what_is_worth_a_line() -> None:
    state = after(
        *begin(PLAN),
        *at_work(WEB, T0),
        CommandRan(record("podman", "load")),
        Note("web", "tried again"),
        StepEnded("web", 2, StepOutcome.DONE, "", T0 + 2),
        StepEnded("web", 3, StepOutcome.FAILED, "no room", T0 + 3),
        RollingBack("web", "no room"),
    )
    kinds = [getattr(e, "word", "command") for e in state.log]
    assert kinds == ["skipped", "command", "note", "step failed", "rolling back"]
    assert state.log[-1].at_s == T0 + 3
    skipped = state.log[0]
    assert isinstance(skipped, Remark)
    assert skipped.text == "stage image docker.io/library/nginx:1.27: new has the image"


def test_asking_for_a_cancellation_marks_what_has_not_ended() -> None:
    state = tell(after(*moved(WEB, T0)), Cancel())
    assert [i.name for i in state.items if i.cancelling] == ["shop"]
    state = tell(after(), Cancel("web"))
    assert [i.name for i in state.items if i.cancelling] == ["web"]


names = st.sampled_from(["web", "legacy", "shop", "unknown"])
times = st.floats(T0, T0 + 1000)
counts = st.integers(-5, 10**12)
plans = {i.name: i for i in (WEB, LEGACY, SHOP)} | {"unknown": item("unknown")}
results_ = st.builds(
    lambda name, outcome, down: result(plans[name], outcome, down),
    names,
    st.sampled_from(Outcome),
    st.none() | st.floats(0, 100),
)
events = st.one_of(
    st.builds(RunStarted, st.just("r7k2"), st.just(PLAN), times),
    st.builds(ItemStarted, names, times),
    st.builds(StepStarted, names, st.integers(0, 9), st.text(), times),
    st.builds(StepEnded, names, st.integers(0, 9), st.sampled_from(StepOutcome), st.text(), times),
    st.builds(Progress, names, counts, st.none() | counts, st.floats(0, 1e9), st.none()),
    st.builds(WentDown, names, times),
    st.builds(CameUp, names, st.just("new"), st.floats(0, 100)),
    st.builds(Note, names, st.text()),
    st.builds(CommandRan, st.just(record("podman", "load"))),
    st.builds(RollingBack, names, st.text()),
    st.builds(ItemEnded, results_, times),
    st.builds(RunEnded, st.just("r7k2"), st.lists(results_).map(tuple), times),
)


@given(st.lists(events, max_size=40))
def test_no_order_of_events_breaks_the_count(told: Sequence[Event]) -> None:
    state = RunState.of("r7k2", PLAN)
    for event in told:
        before, state = state, apply(state, event)
        assert len(state.active) + state.waiting + len(state.results) == 3
        assert {r.name for r in before.results} <= {r.name for r in state.results}
        assert state.seen_s >= before.seen_s
        assert state.log[: len(before.log)] == before.log
        assert state.bytes >= 0
        assert (state.longest_down_s(T0 + 1000) or 0) >= 0


@given(st.lists(events, max_size=40), names)
def test_an_ended_item_stays_as_it_ended(told: Sequence[Event], name: str) -> None:
    state = apply(RunState.of("r7k2", PLAN), ItemEnded(result(plans[name]), T0))
    ended = state.find(name)
    for event in told:
        if not isinstance(event, ItemEnded | RunEnded):
            state = apply(state, event)
    assert state.find(name) == ended


@given(st.lists(st.integers(0, 10**9), min_size=1), st.integers(1, 10**9))
def test_bytes_of_a_run_never_go_back(samples: list[int], total: int) -> None:
    state = RunState.of("r7k2", PLAN)
    for done in samples:
        before, state = state, apply(state, Progress("web", done, total, 1.0, None))
        assert state.bytes >= before.bytes
