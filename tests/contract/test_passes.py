"""How an engine carries volumes: in two passes, and with older contents set aside."""

from __future__ import annotations

import pytest

from core.errors import CommandFailed, PodferryError
from core.podman.model import Inspection, Thing
from tests.contract.copying import carry, read_some, write
from tests.contract.sides import Side


async def _seen(side: Side, name: str) -> Inspection:
    seen = await side.engine.inspect(Thing.VOLUME, name)
    assert seen
    return seen


async def test_volume_alike_with_its_contents(old: Side, new: Side, note: str) -> None:
    files = {"rows": "precious\n" * 3000, "deep/er/one": "$(id) 'x'", "ünï": "ü"}
    await old.volume("Data_1.x", files)
    seen = await _seen(old, "Data_1.x")
    await new.engine.create_volume(seen)
    assert dict(await new.files("Data_1.x")) == {}

    sent, received = await carry(
        await old.engine.first_pass("Data_1.x", note),
        await new.engine.take_first_pass("Data_1.x"),
    )

    assert sent.sha256 == received.sha256
    assert {k: v.strip() for k, v in (await new.files("Data_1.x")).items()} == {
        k: v.strip() for k, v in files.items()
    }
    with pytest.raises(CommandFailed, match="already exists"):
        await new.engine.create_volume(seen)
    for _ in range(2):
        await new.engine.remove_volume("Data_1.x")
        assert await new.engine.inspect(Thing.VOLUME, "Data_1.x") is None


async def test_volume_in_use_is_kept(old: Side) -> None:
    await old.volume("data", {"rows": "precious"})
    await old.counter("web", volume="data")
    with pytest.raises(CommandFailed, match="being used"):
        await old.engine.remove_volume("data")
    assert await old.files("data") == {"rows": "precious"}


async def test_cut_volume_is_told(old: Side, new: Side, note: str) -> None:
    await old.volume("data", {"rows": "precious\n" * 20_000})
    await new.volume("data", {})
    outgoing = await old.engine.first_pass("data", note)
    incoming = await new.engine.take_first_pass("data")
    write(incoming.fd, await read_some(outgoing, 700))
    await outgoing.abort()
    with pytest.raises(CommandFailed):
        await incoming.finish()


async def test_unknown_volume_is_not_carried(old: Side, note: str) -> None:
    with pytest.raises(PodferryError):
        await old.engine.first_pass("nothing", note)
    with pytest.raises(PodferryError):
        await old.engine.last_pass("nothing", note)
    with pytest.raises(PodferryError):
        await old.engine.take_first_pass("nothing")
    with pytest.raises(PodferryError):
        await old.engine.take_last_pass("nothing", note)


async def test_the_last_pass_brings_what_changed_and_takes_what_is_gone(
    old: Side, new: Side, note: str
) -> None:
    await old.volume("data", {"kept": "k", "changed": "c", "gone": "g", "deep/er/one": "1"})
    await new.volume("data", {})
    await carry(await old.engine.first_pass("data", note), await new.engine.take_first_pass("data"))
    first = {"kept": "k", "changed": "c", "gone": "g", "deep/er/one": "1"}
    assert dict(await new.files("data")) == first
    await old.forget("data", "gone")
    await old.forget("data", "deep")
    await old.write("data", {"changed": "d", "later/on": "2"})

    await carry(
        await old.engine.last_pass("data", note),
        await new.engine.take_last_pass("data", note),
    )

    assert dict(await new.files("data")) == {"kept": "k", "changed": "d", "later/on": "2"}
    await old.engine.discard(note)
    assert await old.archives() == await new.archives() == []


async def test_a_last_pass_alone_brings_all(old: Side, new: Side, note: str) -> None:
    await old.volume("data", {"rows": "precious"})
    await new.volume("data", {"not": "from there"})
    await carry(
        await old.engine.last_pass("data", note),
        await new.engine.take_last_pass("data", note),
    )
    assert dict(await new.files("data")) == {"rows": "precious"}


async def test_a_first_pass_that_did_not_arrive_is_seen(old: Side, new: Side, note: str) -> None:
    await old.volume("data", {"rows": "precious"})
    await new.volume("data", {})
    await old.settled("data")
    outgoing = await old.engine.first_pass("data", note)
    while await read_some(outgoing):
        pass
    await outgoing.finish()
    with pytest.raises(CommandFailed):
        await carry(
            await old.engine.last_pass("data", note),
            await new.engine.take_last_pass("data", note),
        )


async def test_a_cut_last_pass_changes_nothing(old: Side, new: Side, note: str) -> None:
    await old.volume("data", {"rows": "precious\n" * 20_000})
    await new.volume("data", {"older": "x"})
    outgoing = await old.engine.last_pass("data", note)
    incoming = await new.engine.take_last_pass("data", note)
    write(incoming.fd, await read_some(outgoing, 700))
    await outgoing.abort()
    with pytest.raises(CommandFailed):
        await incoming.finish()
    assert dict(await new.files("data")) == {"older": "x"}
    assert await new.archives() == []
