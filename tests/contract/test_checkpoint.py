"""The checkpoint route of an engine."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator

import pytest

from core.errors import CommandFailed, PodferryError
from core.podman.model import Kind, State, Thing
from core.podman.options import CheckpointOptions, RestoreOptions
from tests.contract.copying import dump, read_some, write
from tests.contract.sides import GONE, Side


@pytest.fixture
async def archive(new: Side) -> AsyncIterator[str]:
    """Name of an archive on the target, which is gone afterwards."""
    name = f"podferry.{secrets.token_hex(8)}"
    yield name
    await new.engine.discard(name)


async def _state(side: Side, name: str) -> State | None:
    item = (await side.engine.estate()).find(name)
    return item.state if item else None


async def test_it_counts_on_over_there(old: Side, new: Side, archive: str) -> None:
    ident = await old.counter("web", port=8081)
    assert [await old.count("web") for _ in range(3)] == [0, 1, 2]

    sent, received = await dump(old, new, ident, archive)
    assert sent.sha256 == received.sha256
    assert await old.engine.checkpoint_ended(ident) == ""
    assert await _state(old, "web") is State.EXITED
    assert await new.archives()

    await new.engine.restore(archive, ident, RestoreOptions())
    assert await new.count("web") == 3
    assert await old.count("web") == GONE
    seen = await new.engine.inspect(Thing.CONTAINER, "web")
    assert seen
    assert seen["Id"] == ident
    assert seen["HostConfig"]["PortBindings"]["8088/tcp"][0]["HostPort"] == "8081"

    for _ in range(2):
        await new.engine.discard(archive)
    assert await new.archives() == []
    assert await new.count("web") == 4


async def test_back_in_place(old: Side, new: Side, archive: str) -> None:
    ident = await old.counter("web")
    assert await old.count("web") == 0
    await dump(old, new, ident, archive)
    await old.engine.restore_in_place(ident)
    assert await old.count("web") == 1
    with pytest.raises(CommandFailed, match="running"):
        await old.engine.restore_in_place(ident)
    assert await old.count("web") == 2


async def test_without_a_checkpoint_nothing_comes_back(old: Side, new: Side, archive: str) -> None:
    ident = await old.counter("web")
    await dump(old, new, ident, archive)
    for _ in range(2):
        await old.engine.drop_checkpoint(ident)
    with pytest.raises(CommandFailed):
        await old.engine.restore_in_place(ident)
    await old.engine.start(Kind.CONTAINER, ident)
    assert await old.count("web") == 0


async def test_the_image_must_be_there(old: Side, new: Side, archive: str) -> None:
    await old.image("special")
    ident = await old.counter("web", image="localhost/special:latest")
    assert await old.count("web") == 0
    await dump(old, new, ident, archive)
    with pytest.raises(CommandFailed):
        await new.engine.restore(archive, ident, RestoreOptions())
    await new.engine.remove(Kind.CONTAINER, ident)
    await old.engine.restore_in_place(ident)
    assert await old.count("web") == 1


async def test_a_name_that_is_taken(old: Side, new: Side, archive: str) -> None:
    ident = await old.counter("web")
    other = await new.counter("web")
    await dump(old, new, ident, archive)
    with pytest.raises(CommandFailed, match="in use"):
        await new.engine.restore(archive, ident, RestoreOptions())
    assert await new.count("web") == 0
    assert await new.engine.inspect(Thing.CONTAINER, other)


async def test_a_port_that_is_taken(old: Side, new: Side, archive: str) -> None:
    ident = await old.counter("web", port=8081)
    await new.counter("other", port=8081)
    await dump(old, new, ident, archive)
    with pytest.raises(CommandFailed):
        await new.engine.restore(archive, ident, RestoreOptions())
    assert await new.count("web") == GONE
    await new.engine.remove(Kind.CONTAINER, ident)
    assert await new.engine.inspect(Thing.CONTAINER, ident) is None
    assert await new.count("other") == 0


async def test_an_archive_is_not_restored_over_its_copy(old: Side, new: Side, archive: str) -> None:
    ident = await old.counter("web")
    await dump(old, new, ident, archive)
    await new.engine.restore(archive, ident, RestoreOptions())
    assert [await new.count("web") for _ in range(2)] == [0, 1]
    with pytest.raises(CommandFailed):
        await new.engine.restore(archive, ident, RestoreOptions())
    assert await new.count("web") == 2


async def test_what_does_not_run_is_not_dumped(old: Side, new: Side, archive: str) -> None:
    ident = await old.counter("web")
    await old.engine.stop(Kind.CONTAINER, ident)
    with pytest.raises(CommandFailed):
        await dump(old, new, ident, archive)
    assert await new.archives() == []


async def test_the_unknown_is_not_dumped(old: Side) -> None:
    with pytest.raises(PodferryError):
        await old.engine.checkpoint("0" * 64, CheckpointOptions())
    with pytest.raises(PodferryError):
        await old.engine.restore_in_place("0" * 64)


async def test_unknown_archive(new: Side, archive: str) -> None:
    with pytest.raises(CommandFailed):
        await new.engine.restore(archive, "0" * 64, RestoreOptions())
    await new.engine.discard(archive)


async def test_aborted_streams_leave_nothing(old: Side, new: Side, archive: str) -> None:
    ident = await old.counter("web")
    assert await old.count("web") == 0
    outgoing = await old.engine.checkpoint(ident, CheckpointOptions())
    incoming = await new.engine.receive_checkpoint(archive)
    write(incoming.fd, await read_some(outgoing))
    for _ in range(2):
        await outgoing.abort()
        await incoming.abort()
    await new.engine.discard(archive)
    assert await new.archives() == []
    assert await new.engine.inspect(Thing.CONTAINER, ident) is None
    # Podman says that it runs while it is dumped.
    await old.engine.quiesce([ident])
    if await _state(old, "web") is not State.RUNNING:
        await old.engine.restore_in_place(ident)
    assert await old.count("web") == 1


async def test_cut_archive_is_refused(old: Side, new: Side, archive: str) -> None:
    ident = await old.counter("web")
    outgoing = await old.engine.checkpoint(ident, CheckpointOptions())
    incoming = await new.engine.receive_checkpoint(archive)
    write(incoming.fd, await read_some(outgoing))
    with pytest.raises(CommandFailed):
        await incoming.finish()
    await outgoing.abort()
    assert await new.archives() == []


async def test_a_container_is_made_while_its_archive_arrives(
    old: Side, new: Side, archive: str
) -> None:
    ident = await old.counter("web", port=8080)
    assert await old.count("web") == 0
    await dump(old, new, ident, archive, makes=True)
    await new.engine.restore(archive, ident, RestoreOptions())
    await new.engine.discard(archive)
    assert await new.count("web") == 1


async def test_what_was_made_for_an_archive_goes_with_it(
    old: Side, new: Side, archive: str
) -> None:
    ident = await old.counter("web")
    await dump(old, new, ident, archive, makes=True)
    await new.engine.discard(archive)
    assert await new.engine.inspect(Thing.CONTAINER, ident) is None
    assert await new.archives() == []
    await old.engine.restore_in_place(ident)
    again = await old.engine.checkpoint(ident, CheckpointOptions())
    cut = await new.engine.receive_checkpoint(archive, RestoreOptions(runtime="crun"), ident)
    write(cut.fd, await read_some(again))
    await again.abort()
    with pytest.raises(CommandFailed):
        await cut.finish()
    await new.engine.discard(archive)
    assert await new.engine.inspect(Thing.CONTAINER, ident) is None
    assert await new.archives() == []


async def test_a_container_that_is_there_is_not_taken_for_one_that_was_made(
    old: Side, new: Side, archive: str
) -> None:
    ident = await old.counter("web")
    await dump(old, new, ident, archive)
    await new.engine.restore(archive, ident, RestoreOptions())
    await new.engine.discard(archive)
    await old.engine.restore_in_place(ident)
    await dump(old, new, ident, archive, makes=True)
    with pytest.raises(CommandFailed):
        await new.engine.restore(archive, ident, RestoreOptions())
    await new.engine.discard(archive)
    assert await new.count("web") == 0


async def test_an_archive_name_is_used_once(old: Side, new: Side, archive: str) -> None:
    ident = await old.counter("web")
    await dump(old, new, ident, archive)
    incoming = await new.engine.receive_checkpoint(archive)
    with pytest.raises(CommandFailed):
        await incoming.finish()
    await new.engine.restore(archive, ident, RestoreOptions())
    assert await new.count("web") == 0


async def test_pod_container_by_container(old: Side, new: Side, archive: str) -> None:
    pod = await old.pod("shop", port=8082)
    idents = [await old.counter(name, pod="shop") for name in ("shop-a", "shop-b")]
    assert await old.count("shop-a") == 0
    assert [await old.count("shop-b") for _ in range(2)] == [0, 1]
    seen = await old.engine.inspect(Thing.POD, pod)
    assert seen

    made = await new.engine.create_pod(seen)
    twin = await new.engine.inspect(Thing.POD, made)
    assert twin
    assert twin["Name"] == "shop"
    assert sorted(twin["SharedNamespaces"]) == sorted(seen["SharedNamespaces"])
    assert twin["InfraConfig"]["PortBindings"] == seen["InfraConfig"]["PortBindings"]
    with pytest.raises(CommandFailed):
        await new.engine.create_pod(seen)

    for ident in idents:
        await dump(old, new, ident, archive)
        await new.engine.restore(archive, ident, RestoreOptions(pod="shop"))
        await new.engine.discard(archive)
    assert await new.count("shop-a") == 1
    assert await new.count("shop-b") == 2
    item = (await new.engine.estate()).find("shop")
    assert item
    assert item.state is State.RUNNING
    assert {c.id for c in item.containers} == set(idents)


async def test_pod_goes_back_in_place_after_it_was_stopped(
    old: Side, new: Side, archive: str
) -> None:
    pod = await old.pod("shop")
    ident = await old.counter("shop-a", pod="shop")
    assert await old.count("shop-a") == 0
    await dump(old, new, ident, archive)
    await old.engine.stop(Kind.POD, pod)
    await old.engine.restore_in_place(ident)
    assert await old.count("shop-a") == 1
    assert await _state(old, "shop") is State.RUNNING


async def test_volumes_stay_where_they_are(old: Side, new: Side, archive: str) -> None:
    await old.volume("data", {"rows": "precious"})
    ident = await old.counter("web", volume="data")
    seen = await old.engine.inspect(Thing.VOLUME, "data")
    assert seen
    await new.engine.create_volume(seen)
    await dump(old, new, ident, archive)
    await new.engine.restore(archive, ident, RestoreOptions())
    assert await new.count("web") == 0
    assert await new.files("data") == {}
    assert await old.files("data") == {"rows": "precious"}
