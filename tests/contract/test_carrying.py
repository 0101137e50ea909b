"""What an engine carries over: images, networks, volumes."""

from __future__ import annotations

import pytest

from core.errors import CommandFailed, PodferryError
from core.podman.model import Inspection, Thing
from tests.contract.copying import carry, read_some, write
from tests.contract.sides import Side
from tests.lab.images import COUNTER


async def _seen(side: Side, thing: Thing, name: str) -> Inspection:
    seen = await side.engine.inspect(thing, name)
    assert seen
    return seen


async def test_image_keeps_id_and_tags(old: Side, new: Side) -> None:
    image = await old.image("special")
    assert await new.engine.inspect(Thing.IMAGE, image) is None

    sent, received = await carry(
        await old.engine.save_image(image),
        await new.engine.load_image(image, ("localhost/special:latest", "localhost/also:1")),
    )

    assert sent.sha256 == received.sha256
    seen = await _seen(new, Thing.IMAGE, image)
    assert set(seen["RepoTags"]) == {"localhost/special:latest", "localhost/also:1"}
    await new.engine.remove_image(image)
    assert await new.engine.inspect(Thing.IMAGE, image) is None
    await new.engine.remove_image(image)


async def test_another_image_than_promised_is_refused(old: Side, new: Side) -> None:
    image = await old.image("special")
    with pytest.raises(CommandFailed):
        await carry(await old.engine.save_image(image), await new.engine.load_image("0" * 64, ()))


async def test_cut_image_is_refused(old: Side, new: Side) -> None:
    image = await old.image("special")
    outgoing = await old.engine.save_image(image)
    incoming = await new.engine.load_image(image, ())
    write(incoming.fd, await read_some(outgoing))
    await outgoing.abort()
    with pytest.raises(CommandFailed):
        await incoming.finish()
    assert await new.engine.inspect(Thing.IMAGE, image) is None


async def test_unknown_image_is_not_sent(old: Side) -> None:
    with pytest.raises(PodferryError):
        await old.engine.save_image("0" * 64)


async def test_image_in_use_is_kept(old: Side) -> None:
    ident = await old.counter("web")
    image = await _seen(old, Thing.IMAGE, COUNTER)
    with pytest.raises(CommandFailed, match="in use"):
        await old.engine.remove_image(image["Id"])
    assert await old.engine.inspect(Thing.CONTAINER, ident)
    assert await _seen(old, Thing.IMAGE, COUNTER) == image


async def test_a_name_is_taken_from_an_image_that_is_in_use(old: Side) -> None:
    await old.counter("web")
    image = await _seen(old, Thing.IMAGE, COUNTER)
    await old.engine.tag_image(image["Id"], "localhost/also:1")
    for _ in range(2):
        await old.engine.untag_image("localhost/also:1")
        assert (await _seen(old, Thing.IMAGE, COUNTER))["RepoTags"] == image["RepoTags"]


async def test_network_alike(old: Side, new: Side) -> None:
    await old.network("back_end.1", "10.77.1.0/24")
    seen = await _seen(old, Thing.NETWORK, "back_end.1")
    await new.engine.create_network(seen)
    made = await _seen(new, Thing.NETWORK, "back_end.1")
    for key in ("name", "driver", "internal", "dns_enabled", "ipv6_enabled", "labels"):
        assert made[key] == seen[key], key
    assert made["subnets"][0]["subnet"] == "10.77.1.0/24"
    assert made["subnets"][0]["gateway"] == "10.77.1.1"
    with pytest.raises(CommandFailed, match="already"):
        await new.engine.create_network(seen)
    for _ in range(2):
        await new.engine.remove_network("back_end.1")
        assert await new.engine.inspect(Thing.NETWORK, "back_end.1") is None
