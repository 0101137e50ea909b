"""A store on btrfs: when it is told, how bad it is, and what the fixes promise."""

from __future__ import annotations

import pytest

from core.checks import btrfs
from core.checks.facts import Facts
from core.checks.model import Finding, On, Severity
from core.podman.model import HostInfo, StoreState
from core.simulated.making import make_host
from core.simulated.storing import look_at_store

GIB = 1024**3


def info(**changes: object) -> HostInfo:
    host = make_host("old", filesystem="btrfs", copy_on_write=True).info
    facts = {name: getattr(host, name) for name in HostInfo.__dataclass_fields__}
    return HostInfo(**(facts | changes))


def found(host: HostInfo) -> list[Finding]:
    facts: Facts = None  # type: ignore[assignment]  # It looks at the host alone.
    return list(btrfs.check_host(facts, host, On.SOURCE))


@pytest.mark.parametrize(
    "criu,severity,words",
    [
        ((3, 16), Severity.BLOCKED, "CRIU 3.16 fails there"),
        ((3, 17, 1), Severity.NOTE, "may fail there: test it first"),
        ((4, 1, 1), Severity.NOTE, "may fail there: test it first"),
        ((4, 2), Severity.NOTE, "is known to work there"),
        ((4, 2, 1), Severity.NOTE, "is known to work there"),
    ],
)
def test_it_is_as_bad_as_the_criu(criu: tuple[int, ...], severity: Severity, words: str) -> None:
    (finding,) = found(info(criu_version=criu))
    assert finding.severity is severity
    assert words in finding.what
    assert finding.fix


@pytest.mark.parametrize(
    "changes",
    [
        {"copy_on_write": False},
        {"copy_on_write": False, "filesystem": "xfs"},
        {"rootless": True},
        {"criu_version": None},
    ],
)
def test_it_does_not_fire_where_it_does_not_matter(changes: dict[str, object]) -> None:
    assert found(info(**changes)) == []


def test_the_fix_names_the_store_and_is_taken_back_on_the_same() -> None:
    fix = btrfs.nodatacow_fix(info(graph_root="/srv/store"), On.TARGET)
    (act,), (undo,) = fix.acts, fix.undo
    assert getattr(act, "argv", ())[-2:] == ("/srv/store", "+C")
    assert undo.argv[-2:] == ("/srv/store", "-C")
    assert getattr(act, "on", None) is undo.on is On.TARGET
    assert any("checksums" in limit for limit in fix.limits)
    assert not any("btrfs driver" in limit for limit in fix.limits)
    assert any(
        "btrfs driver" in limit
        for limit in btrfs.nodatacow_fix(info(storage_driver="btrfs"), On.SOURCE).limits
    )


STATE = StoreState("btrfs", "overlay", 100, 0, 1030, 3 * GIB, 10, 1000, 2 * GIB)


def test_a_rewriting_tells_its_cost() -> None:
    fix = btrfs.rewrite_fix(info(), On.SOURCE, STATE, ("web", "db"))
    assert fix
    limits = " ".join(fix.limits)
    assert "copies 2.0 GiB in 1000 files" in limits
    assert "without its memory: web, db." in limits
    assert "30 files stay copied on write: 10 with several names, 20 of Podman's own" in limits


def test_nothing_to_rewrite_is_no_fix() -> None:
    state = StoreState("btrfs", "overlay", 100, 0, 30, GIB, 10, 0, 0)
    assert btrfs.rewrite_fix(info(), On.SOURCE, state, ()) is None


@pytest.mark.parametrize(
    "state,words",
    [
        (StoreState("xfs", "overlay"), "The store is on xfs, where nothing is copied on write."),
        (STATE, "All 100 folders are nodatacow; 1030 files (3.0 GiB) still are copied on write."),
        (
            StoreState("btrfs", "btrfs", 7, 3, 0, 0, 0, 0, 0),
            "3 of 7 folders are copied on write; no file is copied on write.",
        ),
    ],
)
def test_it_tells_what_was_counted(state: StoreState, words: str) -> None:
    assert btrfs.told(state) == words


def test_a_simulated_store_counts_as_a_real_one_does() -> None:
    assert look_at_store(make_host("old", filesystem="xfs")).folders == 0
    cow = look_at_store(make_host("old", filesystem="btrfs", copy_on_write=True))
    assert cow.cow_folders == cow.folders > 0
