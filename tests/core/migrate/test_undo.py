"""The way back never lets two copies run, whatever was noted in whatever order."""

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.migrate.undo import ON_SOURCE, RUNNABLE, Undo, UndoKind, in_order, is_running

undos = st.lists(
    st.builds(
        Undo,
        st.sampled_from(UndoKind),
        st.sampled_from(["a", "b", "c"]),
        st.sampled_from(["", "pod", "on-failure:3"]),
    ),
    max_size=12,
)
STARTS_SOURCE = (UndoKind.RESTORE_SOURCE, UndoKind.START_SOURCE)
RUNS_ON_TARGET = (UndoKind.REMOVE_CONTAINER, UndoKind.REMOVE_PLAYED)


@given(undos)
def test_nothing_starts_on_the_source_while_something_may_run_on_the_target(
    noted: list[Undo],
) -> None:
    order = [undo.kind for undo in in_order(noted)]
    may_run = any(kind in RUNS_ON_TARGET for kind in order)
    for index, kind in enumerate(order):
        if kind in STARTS_SOURCE and may_run:
            assert not set(order[index:]) & set(RUNNABLE)


@given(undos)
def test_what_may_still_be_restoring_ends_before_its_container_is_removed(
    noted: list[Undo],
) -> None:
    order = [undo.kind for undo in in_order(noted)]
    if UndoKind.DISCARD_ARCHIVE in order:
        last = len(order) - 1 - order[::-1].index(UndoKind.DISCARD_ARCHIVE)
        assert not set(order[:last]) & set(RUNS_ON_TARGET)


@given(undos)
def test_nothing_is_left_out_or_added(noted: list[Undo]) -> None:
    assert Counter(in_order(noted)) == Counter(noted)


@given(undos)
def test_each_group_goes_newest_first(noted: list[Undo]) -> None:
    rest = (UndoKind.REMOVE_POD, UndoKind.REMOVE_VOLUME)
    for group in (ON_SOURCE, RUNS_ON_TARGET, rest, (UndoKind.DISCARD_ARCHIVE,)):
        newest = [undo for undo in reversed(noted) if undo.kind in group]
        assert [undo for undo in in_order(noted) if undo.kind in group] == newest


def test_the_source_comes_first_while_the_target_holds_only_archives() -> None:
    noted = [Undo(UndoKind.DISCARD_ARCHIVE, "x"), Undo(UndoKind.RESTORE_SOURCE, "c")]
    assert [u.kind for u in in_order(noted)] == [UndoKind.RESTORE_SOURCE, UndoKind.DISCARD_ARCHIVE]


def test_a_policy_is_set_after_the_container_runs() -> None:
    noted = [Undo(UndoKind.SET_RESTART, "c", "always"), Undo(UndoKind.START_SOURCE, "c", "pod")]
    assert [u.kind for u in in_order(noted)] == [UndoKind.START_SOURCE, UndoKind.SET_RESTART]


@given(undos)
def test_undos_survive_the_journal(noted: list[Undo]) -> None:
    for undo in noted:
        assert Undo.from_json(json.loads(json.dumps(undo.to_json()))) == undo


def test_an_undo_of_another_version_is_refused() -> None:
    with pytest.raises(ValueError):
        Undo.from_json({"kind": "burn", "subject": "x"})


@pytest.mark.parametrize(
    "state,runs",
    [
        ({"Running": True, "Pid": 7}, True),
        ({"Running": True, "Pid": 0}, False),
        ({"Running": False, "Pid": 7}, False),
        ({"Running": True}, False),
        ({"Running": None, "Pid": None}, False),
        ({}, False),
        (None, False),
    ],
)
def test_running_takes_podmans_word_and_a_process(
    state: dict[str, object] | None, runs: bool
) -> None:
    assert is_running({"State": state}) is runs
    assert is_running(None) is False
