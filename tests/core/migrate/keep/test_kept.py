"""Kept checkpoints on simulated hosts: whatever goes wrong, the container runs as before."""

from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path

import pytest

from core.archive.sidecar import read_sidecar
from core.errors import CommandFailed, ItemBlocked, PodferryError, TransferFailed, UsageError
from core.evidence.model import Aspect, Verdict
from core.journal.journal import runs_folder
from core.migrate.events import Event, Note
from core.migrate.keep import files, restoring
from core.migrate.keep.checkpoint import Kept, Wish, checkpoint, claimed, settle_on
from core.migrate.keep.comparing import compare_restored
from core.migrate.keep.intents import open_intents
from core.migrate.keep.restoring import examine, restore_archive
from core.podman.model import Port, Thing
from core.podman.options import RestoreOptions
from core.simulated import lifecycle
from core.simulated.faults import Call, Cut, Fail, Fault, Flip, Hang, Truncate
from core.simulated.host import SimulatedClaim
from tests.core.migrate.conftest import Stage, add, counts, holdings


@pytest.fixture(autouse=True)
def _same_images(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody brings an archive's image; and nobody has to be watched for long."""
    monkeypatch.setattr(restoring, "_WATCH_S", 0.0)
    stage.new.images.update(stage.old.images)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    folder = tmp_path / "kept"
    folder.mkdir()
    return folder / "web.tar"


def notes_left() -> list[Path]:
    return list((runs_folder().parent / "keeping").glob("*"))


async def keep(
    stage: Stage, archive: Path, *, leave_running: bool = True, heard: list[Event] | None = None
) -> Kept:
    item = (await stage.source.estate()).find("web")
    assert item
    wish = Wish(leave_running=leave_running)
    told: list[Event] = [] if heard is None else heard
    async with claimed(stage.source, item):
        return await checkpoint(stage.source, item.id, archive, wish, told.append)


async def restore(stage: Stage, archive: Path, **options: object) -> str:
    wanted = RestoreOptions(**options)  # type: ignore[arg-type]
    found = await examine(stage.target, archive, wanted, volumes=True)
    assert not found.blocks, found.blocks
    return str((await restore_archive(stage.target, found, lambda _: None))["Name"])


async def test_what_is_restored_is_compared_with_what_was_kept(stage: Stage, archive: Path) -> None:
    await keep(stage, archive)
    for options in (RestoreOptions(), RestoreOptions(name="copy", publish=("1:8088",))):
        found = await examine(stage.target, archive, options, volumes=not options.name)
        seen = await restore_archive(stage.target, found, lambda _: None)
        told = await compare_restored(stage.target, found, seen)
        assert {c.aspect: c for c in told}[Aspect.ENV].verdict is not Verdict.DIFFERENT
        assert not [c for c in told if c.verdict is Verdict.DIFFERENT]

    lifecycle.stop(stage.new, stage.new.container("copy"))
    told = await compare_restored(stage.target, found, seen)
    assert {c.aspect for c in told if c.verdict is Verdict.DIFFERENT} >= {Aspect.STATE}


async def test_without_a_sidecar_nothing_is_compared(stage: Stage, archive: Path) -> None:
    await keep(stage, archive)
    found = await examine(stage.target, archive, RestoreOptions(), volumes=True)
    bare = dataclasses.replace(found, subject=dataclasses.replace(found.subject, evidence=None))
    assert await compare_restored(stage.target, bare, {"Id": "x", "Name": "web"}) == ()


# Made


async def test_it_goes_on_and_its_archive_lives_again(stage: Stage, archive: Path) -> None:
    assert counts(stage.old, "web", 2) == [0, 1]
    kept = await keep(stage, archive)
    assert kept.down_s is not None
    assert counts(stage.old, "web") == [2]
    assert stage.old.container("web").left is None
    assert not notes_left()
    sidecar = read_sidecar(archive)
    assert sidecar == kept.sidecar
    assert sidecar is not None
    assert sidecar.volumes == ("data",)
    assert sidecar.options == ("leave-running",)
    assert sidecar.evidence
    (seen,) = sidecar.evidence["containers"].values()
    assert seen["status"] == "running"
    assert seen["processes"]
    assert sidecar.ports == ("8080:8088/tcp",)

    stage.old.volume("data").files["f"] = b"later"
    assert await restore(stage, archive) == "web"
    assert counts(stage.new, "web") == [2]
    assert stage.new.volume("data").files["f"] == b"old"
    assert not holdings(stage.new)["archives"]


async def test_it_stays_stopped_with_its_checkpoint(stage: Stage, archive: Path) -> None:
    kept = await keep(stage, archive, leave_running=False)
    assert kept.down_s is None
    web = stage.old.container("web")
    assert not web.running
    assert web.left is not None
    assert len(kept.sidecar.beside) == 1


async def test_connections_in_flight_are_waited_out(stage: Stage, archive: Path) -> None:
    stage.old.container("web").busy_dumps = 2
    heard: list[Event] = []
    await keep(stage, archive, heard=heard)
    assert sum(isinstance(e, Note) for e in heard) == 2
    assert counts(stage.old, "web") == [0]


FAULTS = [
    Fault("first_pass", Fail()),
    Fault("checkpoint", Fail("Error: CRIU checkpointing failed -52")),
    Fault("checkpoint", Fail(after_bytes=4096)),
    Fault("checkpoint", Truncate(4096)),
    Fault("checkpoint", Flip(4096)),
    Fault("checkpoint_ended", Fail()),
    Fault("last_pass", Fail()),
]


@pytest.mark.parametrize(
    "fault,leave_running",
    [
        pytest.param(
            f, stays, id=f"{f.verb}-{type(f.action).__name__}{number}-{'on' if stays else 'off'}"
        )
        for number, f in enumerate(FAULTS)
        for stays in (True, False)
        # One that is not to go on is sent in one pass.
        if stays or f.verb != "first_pass"
    ],
)
async def test_whatever_fails_it_runs_as_before_and_no_file_stays(
    stage: Stage, archive: Path, fault: Fault, leave_running: bool
) -> None:
    assert counts(stage.old, "web") == [0]
    stage.source.faults.add(fault)
    with pytest.raises((CommandFailed, TransferFailed)):
        await keep(stage, archive, leave_running=leave_running)
    assert counts(stage.old, "web") == [1]
    assert list(archive.parent.iterdir()) == []
    assert not stage.old.notes
    assert not notes_left()


async def test_files_that_cannot_get_their_names_all_go(
    stage: Stage, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert counts(stage.old, "web") == [0]

    def refuse(draft: Path, path: Path) -> None:
        if path == archive:
            raise TransferFailed("the disk is full after all")
        files.publish(draft, path)

    monkeypatch.setattr("core.migrate.keep.checkpoint.publish", refuse)
    with pytest.raises(TransferFailed):
        await keep(stage, archive, leave_running=False)
    assert counts(stage.old, "web") == [1]
    assert list(archive.parent.iterdir()) == []


async def test_a_cancellation_leaves_it_running(stage: Stage, archive: Path) -> None:
    assert counts(stage.old, "web") == [0]
    reached = asyncio.Event()
    loop = asyncio.get_running_loop()

    def there() -> None:
        loop.call_soon_threadsafe(reached.set)

    hang = Hang(after_bytes=4096, reached=there)
    stage.source.faults.add(Fault("checkpoint", hang))
    task = asyncio.create_task(keep(stage, archive))
    await reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert counts(stage.old, "web") == [1]
    assert list(archive.parent.iterdir()) == []
    assert not notes_left()


async def broken_off(stage: Stage, archive: Path) -> None:
    """A container that said 0 once, a checkpoint of it that was cut, and a host that is back."""
    assert counts(stage.old, "web") == [0]
    stage.source.faults.add(Fault("last_pass", Cut()))
    with pytest.raises(PodferryError):
        await keep(stage, archive)
    stage.source.faults.heal()
    await stage.source.connect()


async def test_what_could_not_be_taken_back_is_settled_by_the_next_one(
    stage: Stage, archive: Path
) -> None:
    await broken_off(stage, archive)
    assert notes_left()
    heard: list[Event] = []
    await keep(stage, archive, heard=heard)
    assert counts(stage.old, "web") == [1]
    assert not notes_left()
    assert any(isinstance(e, Note) and "broken off" in e.text for e in heard)
    assert {p.name for p in archive.parent.iterdir() if p.suffix == ".part"} == set()


async def test_what_was_broken_off_is_found_and_settled_by_itself(
    stage: Stage, archive: Path
) -> None:
    await broken_off(stage, archive)
    (left,) = open_intents()
    assert (left.name, left.host) == ("web", "old")
    stage.old.claims[left.container_id] = SimulatedClaim("another")
    with pytest.raises(PodferryError, match="another podferry"):
        await settle_on(stage.source, left)
    stage.old.claims.clear()
    assert await settle_on(stage.source, left)
    assert counts(stage.old, "web") == [1]
    assert list(archive.parent.iterdir()) == []
    assert not open_intents()


async def test_no_file_is_overwritten(stage: Stage, archive: Path) -> None:
    await asyncio.to_thread(archive.write_text, "mine")
    with pytest.raises(UsageError):
        await keep(stage, archive)
    assert await asyncio.to_thread(archive.read_text) == "mine"
    assert stage.old.container("web").running


async def test_what_would_be_started_again_is_refused(stage: Stage, archive: Path) -> None:
    stage.old.units["web"] = "web.service"
    with pytest.raises(ItemBlocked, match="unit"):
        await keep(stage, archive)
    assert stage.old.container("web").running


# Restored


async def test_a_copy_has_its_own_name_and_port(stage: Stage, archive: Path) -> None:
    assert counts(stage.old, "web", 2) == [0, 1]
    await keep(stage, archive)
    await restore(stage, archive)
    found = await examine(
        stage.target,
        archive,
        RestoreOptions(name="copy", publish=("8181:8088",)),
        volumes=False,
    )
    assert not found.blocks
    await restore_archive(stage.target, found, lambda _: None)
    assert counts(stage.new, "copy") == [2]
    assert counts(stage.new, "web") == [2]
    assert [p.host_port for p in stage.new.container("copy").spec.ports] == [8181]


async def test_a_second_restore_says_that_there_was_a_first(stage: Stage, archive: Path) -> None:
    await keep(stage, archive, leave_running=False)
    wanted = RestoreOptions(name="copy")
    before = await examine(stage.target, archive, wanted, volumes=False)
    assert not any("restored before" in doubt for doubt in before.doubts)
    await restore(stage, archive)
    after = await examine(stage.target, archive, wanted, volumes=False)
    assert any("restored before" in doubt and "on new as web" in doubt for doubt in after.doubts)


async def test_ports_that_podman_chooses_are_not_taken_and_those_of_a_range_are(
    stage: Stage, archive: Path
) -> None:
    await keep(stage, archive)
    add(stage.new, "other", ports=(Port(8088, 80), Port(8183, 80)))
    blocks = {}
    for publish in ("8088", "127.0.0.1::8088", "8181-8182:8088-8089", "8181-8183:8088-8090"):
        options = RestoreOptions(name="copy", publish=(publish,))
        found = await examine(stage.target, archive, options, volumes=False)
        blocks[publish] = found.blocks
    taken = ("port 8183/tcp is taken there: choose another with --publish",)
    assert [*blocks.values()] == [(), (), (), taken]


async def test_all_that_stands_in_the_way_is_told(stage: Stage, archive: Path) -> None:
    await keep(stage, archive)
    found = await examine(stage.source, archive, RestoreOptions(pod="none"), volumes=True)
    told = "\n".join(found.blocks)
    for reason in ("the name web is taken", "the volume data is there", "there is no pod none"):
        assert reason in told


@pytest.mark.parametrize(
    "fault",
    [
        Fault("create_volume", Fail()),
        Fault("take_first_pass", Fail(after_bytes=10)),
        Fault("take_last_pass", Fail(after_bytes=10)),
        Fault("receive_checkpoint", Flip(5000)),
        Fault("receive_checkpoint", Truncate(5000)),
        Fault("restore", Fail("Error: CRIU restoring failed -52")),
    ],
    ids=lambda f: f"{f.verb}-{type(f.action).__name__}",
)
@pytest.mark.parametrize("name", ["", "copy"])
async def test_nothing_stays_of_a_restore_that_fails(
    stage: Stage, archive: Path, fault: Fault, name: str
) -> None:
    await keep(stage, archive)
    before = holdings(stage.new)
    stage.target.faults.add(fault)
    with pytest.raises(PodferryError):
        await restore(stage, archive, name=name)
    assert holdings(stage.new) == before
    assert await restore(stage, archive, name=name)


async def test_one_that_dies_after_its_restore_is_taken_away(stage: Stage, archive: Path) -> None:
    await keep(stage, archive)
    before = holdings(stage.new)

    def die(call: Call) -> None:
        if call.verb == "restore":
            lifecycle.halt(stage.new, stage.new.container("web"), 1)

    stage.target.faults.after = die
    with pytest.raises(CommandFailed, match="does not run"):
        await restore(stage, archive)
    stage.target.faults.after = None
    assert holdings(stage.new) == before
    assert await stage.target.inspect(Thing.CONTAINER, "web") is None


@pytest.mark.parametrize("which", ["web.tar", "web.tar.volume-1", "web.tar.volume-1.before"])
async def test_bytes_that_have_changed_are_not_used(
    stage: Stage, archive: Path, which: str
) -> None:
    await keep(stage, archive)
    path = archive.with_name(which)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    before = holdings(stage.new)
    with pytest.raises(PodferryError, match="its bytes have changed"):
        await restore(stage, archive)
    assert holdings(stage.new) == before
