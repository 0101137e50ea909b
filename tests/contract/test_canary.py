"""The canary, on both kinds of hosts."""

from __future__ import annotations

import asyncio

import pytest

from core.migrate.canary import LABEL, canary
from core.podman.engine import Engine
from core.podman.model import Kind, Thing
from core.podman.outcomes import CommandRecord
from tests.contract.sides import Side


async def left(*sides: Side) -> list[str]:
    """Whatever a canary may leave."""
    found: list[str] = []
    for side in sides:
        inventory = await side.engine.inventory()
        found += [name for name in inventory.containers if "canary" in name]
        found += [tag for tags in inventory.images.values() for tag in tags if "canary" in tag]
        found += await side.archives()
    return found


async def test_one_host(old: Side) -> None:
    result = await canary(old.engine)
    assert (result.ok, result.where, result.step) == (True, "old", ""), result
    assert result.proven.startswith("its memory went on from ")
    assert result.left == ()
    assert await left(old) == []


async def test_from_host_to_host_and_others_are_left_alone(old: Side, new: Side) -> None:
    await old.counter("web")
    await new.counter("web")
    result = await canary(old.engine, new.engine)
    assert (result.ok, result.where) == (True, "old → new"), result
    assert await left(old, new) == []
    assert (await old.count("web"), await new.count("web")) == (0, 0)


async def test_two_at_once_do_not_disturb_each_other(old: Side, new: Side) -> None:
    results = await asyncio.gather(
        canary(old.engine, new.engine), canary(old.engine), canary(new.engine)
    )
    assert [r.ok for r in results] == [True] * 3, results
    assert await left(old, new) == []


@pytest.mark.parametrize("after", ["load", "run", "checkpoint", "tar"])
async def test_cancelled_anywhere_it_leaves_nothing(old: Side, new: Side, after: str) -> None:
    flying = asyncio.create_task(canary(old.engine, new.engine))

    def cancel(record: CommandRecord) -> None:
        if after in record.argv:
            flying.cancel()

    for side in (old, new):
        side.engine.on_command = cancel
    with pytest.raises(asyncio.CancelledError):
        await flying
    assert await left(old, new) == []


async def test_it_can_be_told_by_its_label(old: Side) -> None:
    labels: list[object] = []

    async def look(engine: Engine) -> None:
        for item in (await engine.estate()).items:
            seen = await engine.inspect(Thing.CONTAINER, item.id)
            labels.extend(((seen or {}).get("Config") or {}).get("Labels") or {})

    looks: list[asyncio.Task[None]] = []

    def watch(record: CommandRecord) -> None:
        if "run" in record.argv:
            looks.append(asyncio.create_task(look(old.engine)))

    old.engine.on_command = watch
    await canary(old.engine)
    await asyncio.gather(*looks)
    assert labels == [LABEL]


async def test_a_runaway_name_is_no_ones(old: Side) -> None:
    """What it removes is its own: a container whose name merely begins alike stays."""
    await old.counter("podferry-canary-")
    assert (await canary(old.engine)).ok
    assert await old.count("podferry-canary-") == 0
    await old.engine.remove(Kind.CONTAINER, "podferry-canary-")
