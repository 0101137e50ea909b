"""Accepting: only what the target is seen to have, and then for good."""

from __future__ import annotations

import dataclasses

import pytest

from core.errors import UsageError
from core.evidence.watch import Watch
from core.journal.journal import Journal
from core.migrate.settle import Settlement
from core.migrate.verify import verify
from core.podman.model import Kind, Route
from core.simulated import lifecycle
from core.simulated.faults import Fail, Fault, LoseAnswer
from core.simulated.host import SimulatedClaim
from core.simulated.making import make_volume
from core.simulated.things import Mount
from tests.core.migrate.conftest import Stage, add, counts, holdings


@pytest.mark.parametrize("route", list(Route))
async def test_the_source_copy_is_gone_for_good(stage: Stage, route: Route) -> None:
    await stage.move("web", route)
    await stage.move("shop", route)
    done = await stage.accept("shop")
    assert (done.done, done.reason, done.runs_on) == (True, "", "new")
    left = holdings(stage.old)
    assert left["pods"] == set()
    assert left["containers"] == {"web"}
    lifecycle.crash(stage.old)
    lifecycle.boot(stage.old)
    assert not any(c.running for c in stage.old.containers.values())
    assert counts(stage.new, "shop-a") == [0]


async def test_volumes_stay_unless_told(stage: Stage) -> None:
    await stage.move("web")
    done = await stage.accept("web")
    assert done.reason == "kept on old: volume data"
    assert "data" in stage.old.volumes


async def test_named_volumes_go_if_told_and_nothing_else_uses_them(stage: Stage) -> None:
    make_volume(stage.old, "shared", {})
    make_volume(stage.old, "never-moved", {})
    mounts = (Mount("/a", "data"), Mount("/b", "shared"))
    stage.old.container("web").spec = dataclasses.replace(
        stage.old.container("web").spec, mounts=mounts
    )
    add(stage.old, "reader", mounts=(Mount("/b", "shared"),))
    lifecycle.stop(stage.old, stage.old.container("reader"))
    await stage.move("web")
    done = await stage.accept("web", volumes=True)
    assert done.reason == "kept on old: volume shared"
    assert set(stage.old.volumes) == {"shared", "never-moved"}


async def test_anonymous_volumes_go_with_the_copy(stage: Stage) -> None:
    anonymous = "a" * 64
    make_volume(stage.old, anonymous, {"f": b"1"})
    add(stage.old, "anon", mounts=(Mount("/data", anonymous),))
    await stage.move("anon")
    assert (await stage.accept("anon")).reason == ""
    assert anonymous not in stage.old.volumes
    assert anonymous in stage.new.volumes


async def stopped(stage: Stage) -> None:
    await stage.target.stop(Kind.CONTAINER, "web")


async def restarted(stage: Stage) -> None:
    await stage.target.stop(Kind.CONTAINER, "web")
    await stage.target.start(Kind.CONTAINER, "web")


async def removed(stage: Stage) -> None:
    await stage.target.remove(Kind.CONTAINER, "web")


async def replaced(stage: Stage) -> None:
    await stage.target.remove(Kind.CONTAINER, "web")
    add(stage.new, "web")


@pytest.mark.parametrize(
    "happened,words",
    [
        (stopped, "it does not run on new"),
        (restarted, "web was started afresh on new since the move"),
        (removed, "is not there any more"),
        (replaced, "is not there any more"),
    ],
)
async def test_missing_evidence_keeps_the_source_copy(
    stage: Stage, happened: object, words: str
) -> None:
    await stage.move("web")
    await happened(stage)  # type: ignore[operator]
    refused = await stage.accept("web")
    assert not refused.done
    assert words in refused.reason
    assert f"podferry rollback {stage.run} web" in refused.reason
    assert "web" in holdings(stage.old)["containers"]

    told = await stage.accept("web", unverified=True)
    assert told.done
    assert told.reason.startswith("not verified: ")
    assert words in told.reason
    assert "web" not in holdings(stage.old)["containers"]


async def forget(stage: Stage, what: str) -> None:
    """As if the target had been out of reach when it was to be compared, or the source before."""
    journal = Journal.open(stage.run)
    try:
        await journal._do(lambda: journal._db.execute(what))
    finally:
        journal.close()


@pytest.mark.parametrize(
    "what,words",
    [
        ("delete from evidence", "no evidence was kept of what it was before it left"),
        ("update evidence set compared = ''", "it was not compared with what it was"),
    ],
)
async def test_what_nobody_has_compared_is_not_given_up(
    stage: Stage, what: str, words: str
) -> None:
    await stage.move("web")
    await forget(stage, what)
    refused = await stage.accept("web")
    assert not refused.done
    assert words in refused.reason
    assert "web" in holdings(stage.old)["containers"]
    told = await stage.accept("web", unverified=True)
    assert (told.done, words in told.reason) == (True, True)


async def test_what_was_compared_later_is_given_up(stage: Stage) -> None:
    await stage.move("web")
    await forget(stage, "update evidence set compared = ''")
    journal = Journal.open(stage.run)
    try:
        items = (await journal.read()).items
        (seen,) = await verify(items, journal, stage.source, stage.target, Watch())
    finally:
        journal.close()
    assert seen.good
    assert (await stage.accept("web")).done


async def test_one_container_of_a_pod_that_ended_is_missing_evidence(stage: Stage) -> None:
    await stage.move("shop")
    await stage.target.stop(Kind.CONTAINER, "shop-b")
    assert "it does not run on new" in (await stage.accept("shop")).reason


async def test_a_target_that_cannot_be_asked(stage: Stage) -> None:
    await stage.move("web")
    assert "cannot be reached" in (await stage.accept("web", alone=True)).reason
    assert (await stage.accept("web", alone=True, unverified=True)).done


async def test_by_kube_a_restart_is_no_loss(stage: Stage) -> None:
    await stage.move("web", Route.KUBE)
    await stage.target.stop(Kind.POD, "web-pod")
    assert "it does not run on new" in (await stage.accept("web")).reason
    await stage.target.start(Kind.POD, "web-pod")
    assert (await stage.accept("web")).done


async def test_a_source_that_runs_again_is_never_removed(stage: Stage) -> None:
    await stage.move("web")
    await stage.source.start(Kind.CONTAINER, "web")
    for how in ({}, {"unverified": True}):
        refused: Settlement = await stage.accept("web", **how)
        assert not refused.done
        assert "the copy on old runs again" in refused.reason
        assert "Both copies run" in refused.reason
        assert refused.runs_on == "old and new"
    assert stage.old.container("web").running


async def test_units_that_would_start_it_again_are_masked_first(stage: Stage) -> None:
    await stage.move("web")
    stage.old.units["web"] = "web.service"
    done = await stage.accept("web")
    assert done.done
    assert "masked on old: web.service" in done.reason
    assert stage.old.masked == {"web.service"}


async def test_a_unit_that_cannot_be_masked_keeps_the_copy(stage: Stage) -> None:
    await stage.move("web")
    stage.old.units["web"] = "web.service"
    stage.source.faults.add(Fault("act", Fail("systemctl: not found")))
    refused = await stage.accept("web")
    assert not refused.done
    assert "mask web.service on old" in refused.reason
    assert "web" in holdings(stage.old)["containers"]


@pytest.mark.parametrize("verb", ["remove", "remove_volume"])
async def test_accept_is_repeated_after_a_lost_answer(stage: Stage, verb: str) -> None:
    await stage.move("web")
    stage.source.faults.add(Fault(verb, LoseAnswer()))
    assert not (await stage.accept("web", volumes=True)).done
    stage.source.faults.clear()
    await stage.source.connect()
    assert (await stage.accept("web", volumes=True)).done
    assert "web" not in holdings(stage.old)["containers"]
    assert "data" not in stage.old.volumes
    with pytest.raises(UsageError, match="accepted already"):
        await stage.roll_back("web")


async def test_another_podferry_at_work_is_waited_for(stage: Stage) -> None:
    await stage.move("web")
    stage.old.claims[stage.old.container("web").id] = SimulatedClaim("another-run")
    assert "another podferry is working on it" in (await stage.accept("web")).reason
    assert "another podferry is working on it" in (await stage.roll_back("web")).reason
