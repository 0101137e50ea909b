"""Scripted faults strike the call that they are meant for, and do what they say."""

from __future__ import annotations

import asyncio
import threading

import pytest

from core.errors import CommandFailed, HostUnreachable
from core.podman.model import Kind
from core.podman.options import CheckpointOptions, RestoreOptions
from core.podman.outcomes import CommandRecord
from core.simulated.faults import (
    IN_FLIGHT,
    Call,
    Cut,
    Fail,
    Fault,
    Flip,
    Hang,
    LoseAnswer,
    NoSpace,
    Truncate,
)
from core.simulated.lifecycle import boot, crash
from core.simulated.probing import hit, peek
from tests.core.simulated.conftest import Two


async def test_the_nth_call_fails_without_effect(two: Two) -> None:
    two.old.faults.add(Fault("stop", Fail("Error: no"), nth=2))
    await two.old.stop(Kind.CONTAINER, "web")
    await two.old.start(Kind.CONTAINER, "web")
    with pytest.raises(CommandFailed, match="Error: no"):
        await two.old.stop(Kind.CONTAINER, "web")
    assert two.source_runs
    await two.old.stop(Kind.CONTAINER, "web")
    assert not two.source_runs


async def test_a_fault_for_one_subject(two: Two) -> None:
    two.old.faults.add(Fault("remove", Fail(), nth=0, subject="db"))
    await two.old.remove(Kind.CONTAINER, "nobody")
    for _ in range(2):
        with pytest.raises(CommandFailed):
            await two.old.remove(Kind.CONTAINER, "db")


async def test_a_cut_lasts_until_healed_and_connected(two: Two) -> None:
    two.old.faults.add(Fault("estate", Cut()))
    with pytest.raises(HostUnreachable):
        await two.old.estate()
    with pytest.raises(HostUnreachable):
        await two.old.connect()
    two.old.faults.heal()
    with pytest.raises(HostUnreachable):
        await two.old.estate()
    await two.old.connect()
    assert (await two.old.estate()).find("web")
    assert two.source_runs


async def test_a_lost_answer_had_its_effect(two: Two) -> None:
    two.old.faults.add(Fault("stop", LoseAnswer()))
    with pytest.raises(HostUnreachable):
        await two.old.stop(Kind.CONTAINER, "web")
    assert not two.source_runs
    assert two.old.faults.is_cut


async def test_a_lost_answer_of_a_stream(two: Two) -> None:
    two.new.faults.add(Fault("receive_checkpoint", LoseAnswer()))
    with pytest.raises(HostUnreachable):
        await two.dump()
    assert list(two.new.world.arrived) == ["podferry.1"]


async def test_hang_until_cancelled(two: Two) -> None:
    reached = asyncio.Event()
    told: list[CommandRecord] = []
    two.old.on_command = told.append
    two.old.faults.before = lambda _: reached.set()
    two.old.faults.add(Fault("stop", Hang()))
    task = asyncio.create_task(two.old.stop(Kind.CONTAINER, "web"))
    await reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert two.source_runs
    assert [record.exit_code for record in told] == [None]


async def test_no_space(two: Two) -> None:
    two.old.faults.add(Fault("start", NoSpace()))
    with pytest.raises(CommandFailed, match="no space left"):
        await two.old.start(Kind.CONTAINER, "web")


async def test_a_stream_fault_cannot_strike_a_plain_call(two: Two) -> None:
    two.old.faults.add(Fault("stop", Truncate(5)))
    with pytest.raises(ValueError, match="stream"):
        await two.old.stop(Kind.CONTAINER, "web")


async def test_hooks_and_the_record_of_calls(two: Two) -> None:
    seen: list[tuple[str, Call]] = []

    async def before(call: Call) -> None:
        seen.append(("before", call))

    two.old.faults.before = before
    two.old.faults.after = lambda call: seen.append(("after", call))
    await two.old.stop(Kind.CONTAINER, "web")
    call = Call("stop", "web")
    assert seen == [("before", call), ("after", call)]
    assert two.old.faults.calls[-1] == call


async def test_truncation_shows_in_the_digests_only(two: Two) -> None:
    two.old.faults.add(Fault("save_image", Truncate(1000)))
    image = two.old.world.container("web").spec.image_id
    outgoing = await two.old.save_image(image)
    with open(outgoing.fd, "rb", closefd=False) as stream:  # noqa: ASYNC230
        arrived = stream.read()
    assert len(arrived) == 1000
    assert (await outgoing.finish()).sha256


async def test_a_cut_archive_is_refused_on_arrival(two: Two) -> None:
    two.old.faults.add(Fault("checkpoint", Truncate(100_000)))
    with pytest.raises(CommandFailed):
        await two.dump()
    assert not two.new.world.arrived


@pytest.mark.parametrize("verb", ["checkpoint", "receive_checkpoint"])
async def test_a_flipped_bit_shows_in_the_digests_and_at_the_restore(two: Two, verb: str) -> None:
    engine = two.old if verb == "checkpoint" else two.new
    engine.faults.add(Fault(verb, Flip(at_byte=200_000)))
    outgoing_digest, incoming_digest = await _digests(two)
    assert outgoing_digest != incoming_digest
    with pytest.raises(CommandFailed, match="altered"):
        await two.new.restore("podferry.1", two.web, RestoreOptions())
    assert not two.new.world.containers or not two.new.world.container("web").running


async def _digests(two: Two) -> tuple[str, str]:
    outgoing = await two.old.checkpoint(two.web, CheckpointOptions())
    incoming = await two.new.receive_checkpoint("podferry.1")
    await asyncio.to_thread(_copy, outgoing.fd, incoming.fd)
    return (await outgoing.finish()).sha256, (await incoming.finish()).sha256


def _copy(source: int, target: int) -> None:
    with open(source, "rb", closefd=False) as out, open(target, "wb", closefd=False) as into:
        while chunk := out.read(65536):
            into.write(chunk)


async def test_a_busy_dump_goes_on_running(two: Two) -> None:
    two.old.world.container("web").busy_dumps = 1
    with pytest.raises(CommandFailed, match="In-flight connection"):
        await two.dump()
    assert two.source_runs
    await two.new.discard("podferry.1")
    await two.dump("podferry.2")
    assert not two.source_runs


async def test_a_failed_dump_goes_on_running(two: Two) -> None:
    two.old.faults.add(Fault("checkpoint", Fail(IN_FLIGHT)))
    with pytest.raises(CommandFailed, match="In-flight connection"):
        await two.dump()
    assert two.source_runs


async def test_a_dump_that_runs_out_of_space_can_be_restored_in_place(two: Two) -> None:
    hit(two.old.world, "web")
    two.old.faults.add(Fault("checkpoint", NoSpace(after_bytes=50_000)))
    with pytest.raises(CommandFailed, match="no space left"):
        await two.dump()
    assert not two.source_runs
    await two.old.restore_in_place(two.web)
    assert peek(two.old.world, "web") == 1


@pytest.mark.parametrize("side", ["old", "new"])
async def test_a_cut_in_the_middle_of_a_dump(two: Two, side: str) -> None:
    hit(two.old.world, "web")
    verb = "checkpoint" if side == "old" else "receive_checkpoint"
    engine = two.old if side == "old" else two.new
    engine.faults.add(Fault(verb, Cut(after_bytes=100_000)))
    with pytest.raises(HostUnreachable):
        await two.dump()
    assert not two.new.world.arrived
    assert two.source_runs
    assert peek(two.old.world, "web") == 1


async def test_a_stream_that_hangs_ends_when_it_is_aborted(two: Two) -> None:
    two.old.faults.add(Fault("checkpoint", Hang(after_bytes=100_000)))
    reached = threading.Event()
    moving = asyncio.create_task(_stuck_dump(two, reached))
    await asyncio.to_thread(reached.wait)
    moving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await moving
    assert two.source_runs
    assert not two.new.world.arrived
    assert not two.new.world.receiving


async def _stuck_dump(two: Two, reached: threading.Event) -> None:
    outgoing = await two.old.checkpoint(two.web, CheckpointOptions())
    incoming = await two.new.receive_checkpoint("podferry.1")
    copying = asyncio.create_task(asyncio.to_thread(_copy, outgoing.fd, incoming.fd))
    try:
        reached.set()
        await asyncio.shield(copying)
    finally:
        await outgoing.abort()
        await incoming.abort()
        await asyncio.wait({copying})


async def test_a_failed_restore_leaves_a_created_container(two: Two) -> None:
    await two.dump()
    two.new.faults.add(Fault("restore", Fail("Error: CRIU restoring failed -52")))
    with pytest.raises(CommandFailed):
        await two.new.restore("podferry.1", two.web, RestoreOptions())
    left = two.new.world.containers[two.web]
    assert left.state == "created"
    with pytest.raises(CommandFailed, match="already exists"):
        await two.new.restore("podferry.1", two.web, RestoreOptions())
    await two.new.remove(Kind.CONTAINER, two.web)
    await two.new.restore("podferry.1", two.web, RestoreOptions())


async def test_a_crash_breaks_connections_until_the_host_boots(two: Two) -> None:
    await two.old.set_restart_policy("web", "always")
    crash(two.old.world)
    assert not two.source_runs
    with pytest.raises(HostUnreachable):
        await two.old.connect()
    boot(two.old.world)
    await two.old.connect()
    assert two.source_runs
    await two.old.set_restart_policy("web", "no")
    crash(two.old.world)
    boot(two.old.world)
    assert not two.source_runs


async def test_changes_break_when_the_host_is_cut_off(two: Two) -> None:
    changes = two.old.changes()
    await two.old.stop(Kind.CONTAINER, "web")
    first = await anext(changes)
    assert (first.action, first.name) == ("died", "web")
    two.old.faults.cut()
    with pytest.raises(HostUnreachable):
        await anext(changes)
