"""Rolling back: live with all that was done since, or as it was, and never without a word."""

from __future__ import annotations

import pytest

from core.errors import PodferryError, UsageError
from core.migrate import settle
from core.migrate.rollback import Way
from core.podman.model import Kind, Route, Thing
from core.simulated import lifecycle
from core.simulated.faults import Cut, Fail, Fault, Flip, LoseAnswer, NoSpace
from core.simulated.making import make_volume
from tests.core.migrate.conftest import Stage, add, counts, holdings


async def moved(stage: Stage, name: str = "web", route: Route = Route.CHECKPOINT) -> None:
    """Count to 3 on the source, and to 6 on the target, which writes to the volume."""
    counter = "shop-a" if name == "shop" else name
    assert counts(stage.old, counter, 4) == [0, 1, 2, 3]
    await stage.move(name, route)
    first = 4 if route is Route.CHECKPOINT else 0
    assert counts(stage.new, counter, 3) == [first, first + 1, first + 2]
    if "data" in stage.new.volumes:
        stage.new.volumes["data"].files = {"g": b"new"}


async def test_what_runs_on_the_target_moves_back_live(stage: Stage) -> None:
    before, clean = holdings(stage.old), holdings(stage.new)
    await moved(stage)
    offer = await stage.offer("web")
    assert (offer.way, offer.loss) == (Way.LIVE, "")
    done = await stage.roll_back("web")
    assert (done.done, done.way, done.runs_on) == (True, Way.LIVE, "old"), done
    assert counts(stage.old, "web") == [7]
    assert stage.old.volumes["data"].files == {"g": b"new"}
    assert stage.old.container("web").spec.restart_policy == "always"
    assert (holdings(stage.old), holdings(stage.new)) == (before, clean)


async def test_the_old_state_is_chosen_and_its_price_told(stage: Stage) -> None:
    clean = holdings(stage.new)
    await moved(stage)
    offer = await stage.offer("web", Way.OLD_STATE)
    assert offer.loss == (
        "lost is what it did on new since the run began 1 min ago: "
        "memory, files that it wrote, changes to volume data"
    )
    done = await stage.roll_back("web", Way.OLD_STATE)
    assert (done.done, done.way, done.runs_on) == (True, Way.OLD_STATE, "old")
    assert counts(stage.old, "web") == [4]
    assert stage.old.volumes["data"].files == {"f": b"old"}
    assert stage.old.container("web").spec.restart_policy == "always"
    assert holdings(stage.new) == clean


@pytest.mark.parametrize("way,number", [(None, 7), (Way.OLD_STATE, 4)])
async def test_a_pod_comes_back(stage: Stage, way: Way | None, number: int) -> None:
    before, clean = holdings(stage.old), holdings(stage.new)
    await moved(stage, "shop")
    done = await stage.roll_back("shop", way)
    assert done.done, done
    assert counts(stage.old, "shop-a") == [number]
    assert counts(stage.old, "shop-b") == [0]
    after = holdings(stage.old)
    assert {n for n in after["containers"] if "infra" not in n} == {
        n for n in before["containers"] if "infra" not in n
    }
    assert after["pods"] == before["pods"]
    assert holdings(stage.new) == clean


async def test_by_kube_the_volumes_come_back(stage: Stage) -> None:
    before, clean = holdings(stage.old), holdings(stage.new)
    await moved(stage, route=Route.KUBE)
    offer = await stage.offer("web")
    assert offer.way is Way.LIVE
    assert "other files are those from before" in offer.loss
    done = await stage.roll_back("web")
    assert done.done, done
    assert done.loss == offer.loss  # It was told that all came back that it did since.
    assert counts(stage.old, "web") == [0]
    assert stage.old.volumes["data"].files == {"g": b"new"}
    assert stage.old.container("web").spec.restart_policy == "always"
    assert (holdings(stage.old), holdings(stage.new)) == (before, clean)


async def test_by_kube_a_stopped_target_still_gives_its_volumes(stage: Stage) -> None:
    await moved(stage, route=Route.KUBE)
    await stage.target.stop(Kind.POD, "web-pod")
    assert (await stage.roll_back("web")).done
    assert stage.old.volumes["data"].files == {"g": b"new"}
    assert counts(stage.old, "web") == [0]


async def test_by_kube_to_the_old_state(stage: Stage) -> None:
    await moved(stage, route=Route.KUBE)
    assert (await stage.roll_back("web", Way.OLD_STATE)).done
    assert stage.old.volumes["data"].files == {"f": b"old"}
    assert stage.new.volumes == {}


async def test_a_target_that_was_stopped_is_not_given_up_unasked(stage: Stage) -> None:
    await moved(stage)
    await stage.target.stop(Kind.CONTAINER, "web")
    refused = await stage.roll_back("web")
    assert not refused.done
    assert "new holds a newer state of it, stopped" in refused.reason
    assert f"podferry rollback {stage.run} web --old-state" in refused.reason
    assert "web" in holdings(stage.new)["containers"]
    offer = await stage.offer("web", Way.OLD_STATE)
    assert "memory" not in offer.loss
    assert "files that it wrote" in offer.loss
    assert (await stage.roll_back("web", Way.OLD_STATE)).done
    assert counts(stage.old, "web") == [4]


async def test_a_target_copy_that_is_gone_leaves_only_the_old_state(stage: Stage) -> None:
    await moved(stage)
    await stage.target.remove(Kind.CONTAINER, "web")
    offer = await stage.offer("web")
    assert (offer.way, offer.loss) == (Way.OLD_STATE, "")
    assert (await stage.roll_back("web")).done
    assert counts(stage.old, "web") == [4]


async def test_a_namesake_on_the_target_is_left_alone(stage: Stage) -> None:
    await moved(stage)
    await stage.target.remove(Kind.CONTAINER, "web")
    add(stage.new, "web")
    assert (await stage.roll_back("web", Way.OLD_STATE)).done
    assert counts(stage.new, "web") == [0]
    assert counts(stage.old, "web") == [4]


async def test_a_pod_that_took_the_name_of_a_played_one_is_left_alone(stage: Stage) -> None:
    await moved(stage, "shop", Route.KUBE)
    await stage.target.remove(Kind.POD, "shop")
    like = await stage.source.inspect(Thing.POD, "shop")
    assert like
    pod = stage.new.pods[await stage.target.create_pod(like)]
    add(stage.new, "shop-x", pod)
    assert (await stage.roll_back("shop")).done
    assert counts(stage.new, "shop-x") == [0]


async def test_a_volume_that_others_use_on_the_target_stays(stage: Stage) -> None:
    await moved(stage)
    add(stage.new, "reader", mounts=stage.new.container("web").spec.mounts)
    lifecycle.stop(stage.new, stage.new.container("reader"))
    done = await stage.roll_back("web")
    assert done.done
    assert "volume data stays" in done.reason
    assert "data" in stage.new.volumes


async def test_a_volume_that_others_use_on_the_source_is_not_replaced(stage: Stage) -> None:
    add(stage.old, "reader", mounts=stage.old.container("web").spec.mounts)
    lifecycle.stop(stage.old, stage.old.container("reader"))
    await moved(stage)
    refused = await stage.roll_back("web")
    assert not refused.done
    assert "volume data exists on old" in refused.reason
    assert counts(stage.new, "web") == [7]
    assert stage.old.volumes["data"].files == {"f": b"old"}


async def test_a_source_that_was_started_since_is_never_overruled(stage: Stage) -> None:
    await moved(stage)
    stage.old.container("web").spec = stage.new.container("web").spec
    await stage.source.start(Kind.CONTAINER, "web")
    both = await stage.roll_back("web")
    assert not both.done
    assert "both old and new run it" in both.reason
    assert both.runs_on == "old and new"
    assert "both old and new" in (await stage.roll_back("web", Way.OLD_STATE)).reason

    await stage.target.stop(Kind.CONTAINER, "web")
    refused = await stage.roll_back("web")
    assert "old runs it again, and new holds a newer state" in refused.reason
    done = await stage.roll_back("web", Way.OLD_STATE)
    assert (done.done, done.runs_on) == (True, "old")
    assert counts(stage.old, "web") == [0]


async def test_twice_and_after_accept(stage: Stage) -> None:
    await moved(stage)
    assert (await stage.roll_back("web")).done
    with pytest.raises(UsageError, match="rolled back already"):
        await stage.roll_back("web")
    with pytest.raises(UsageError, match="rolled back already"):
        await stage.accept("web")


async def test_what_changed_since_it_was_asked_is_asked_again(stage: Stage) -> None:
    await moved(stage)
    await stage.target.stop(Kind.CONTAINER, "web")
    offer = await stage.offer("web", Way.OLD_STATE)
    await stage.target.start(Kind.CONTAINER, "web")
    refused = await stage.roll_back("web", offered=offer)
    assert not refused.done
    assert "since it was looked at" in refused.reason
    assert counts(stage.new, "web") == [0]


async def test_without_its_target_only_the_source_is_touched(stage: Stage) -> None:
    await moved(stage)
    assert "cannot be reached" in (await stage.offer("web", alone=True)).reason
    done = await stage.roll_back("web", Way.OLD_STATE, alone=True)
    assert done.done
    assert "not taken away from its target" in done.reason
    assert counts(stage.old, "web") == [4]


FAILURES = [
    ("new", Fault("checkpoint", Fail("CRIU failed", after_bytes=100))),
    ("old", Fault("receive_checkpoint", NoSpace(2000))),
    ("old", Fault("receive_checkpoint", Flip(300))),
    ("old", Fault("set_aside_volume", Fail())),
    ("old", Fault("take_last_pass", NoSpace(100))),
    ("new", Fault("last_pass", Fail())),
    ("old", Fault("remove", Fail())),
    ("old", Fault("restore", Fail("Error: image not known"))),
]


@pytest.mark.parametrize("host,fault", FAILURES, ids=lambda v: getattr(v, "verb", v))
@pytest.mark.parametrize("name", ["web", "shop"])
async def test_a_way_back_that_fails_leaves_the_target_counting_on(
    stage: Stage, name: str, host: str, fault: Fault
) -> None:
    counter = "shop-a" if name == "shop" else "web"
    await moved(stage, name)
    engine = stage.source if host == "old" else stage.target
    engine.faults.add(fault)
    failed = await stage.roll_back(name)
    engine.faults.clear()
    if failed.done:  # A fault of volumes, and the pod has none.
        assert name == "shop"
        return
    assert failed.runs_on == "new", failed
    assert counts(stage.new, counter) == [7]
    assert not any(c.running for c in stage.old.containers.values() if c.name == counter)
    assert holdings(stage.old)["archives"] == set()
    assert stage.old.volumes["data"].files == {"f": b"old"}

    again = await stage.roll_back(name)
    assert (again.done, again.way) == (True, Way.LIVE), again
    assert counts(stage.old, counter) == [8]


async def test_after_a_failed_restore_the_old_copy_is_gone_and_said_to_be(stage: Stage) -> None:
    await moved(stage)
    stage.source.faults.add(Fault("restore", Fail()))
    assert not (await stage.roll_back("web")).done
    offer = await stage.offer("web", Way.OLD_STATE)
    assert offer.way is None
    assert "its old copy is not on old any more" in offer.reason


async def test_a_failure_by_kube_starts_the_target_again(stage: Stage) -> None:
    await moved(stage, route=Route.KUBE)
    stage.source.faults.add(Fault("start", Fail()))
    failed = await stage.roll_back("web")
    assert (failed.done, failed.runs_on) == (False, "new")
    assert stage.old.volumes["data"].files == {"f": b"old"}
    assert stage.new.volumes["data"].files == {"g": b"new"}


async def test_what_was_left_on_the_target_is_taken_away_by_a_second_try(stage: Stage) -> None:
    clean = holdings(stage.new)
    await moved(stage)
    stage.target.faults.add(Fault("remove", Cut()))
    first = await stage.roll_back("web")
    assert not first.done
    assert "something was left on new" in first.reason
    assert first.runs_on == "old"
    stage.target.faults.clear()
    await stage.target.connect()
    second = await stage.roll_back("web")
    assert (second.done, second.runs_on) == (True, "old"), second
    assert counts(stage.old, "web") == [7]
    assert holdings(stage.new) == clean


async def test_a_removal_whose_answer_is_lost_is_repeated(stage: Stage) -> None:
    clean = holdings(stage.new)
    await moved(stage)
    stage.target.faults.add(Fault("remove_volume", LoseAnswer()))
    assert not (await stage.roll_back("web")).done
    stage.target.faults.clear()
    await stage.target.connect()
    assert (await stage.roll_back("web")).done
    assert holdings(stage.new) == clean


async def test_a_port_that_was_taken_meanwhile_is_told(stage: Stage) -> None:
    await moved(stage)
    stage.old.other_listeners.add(("tcp", 8080))
    refused = await stage.roll_back("web")
    assert "port 8080/tcp is taken on old" in refused.reason
    assert counts(stage.new, "web") == [7]


async def test_a_volume_that_the_item_got_elsewhere_is_no_business_of_a_rollback(
    stage: Stage,
) -> None:
    make_volume(stage.old, "other", {"x": b"1"})
    await moved(stage)
    assert (await stage.roll_back("web")).done
    assert stage.old.volumes["other"].files == {"x": b"1"}


async def test_a_way_back_that_was_finished_by_itself_leaves_only_the_tidying(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a Podferry that died between the run back and its books."""
    clean = holdings(stage.new)
    await moved(stage)

    async def die(*_: object) -> str:
        raise PodferryError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(settle, "take_away", die)
        assert not (await stage.roll_back("web")).done
    offer = await stage.offer("web")
    assert (offer.way, offer.loss, offer.returned) == (Way.LIVE, "", True)
    assert (await stage.roll_back("web")).done
    assert counts(stage.old, "web") == [7]
    assert holdings(stage.new) == clean
    assert holdings(stage.old)["aside"] == set()
