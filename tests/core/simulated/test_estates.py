"""The ready-made estates are what they promise, and can really be moved."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.podman.model import Kind, State, Thing
from core.podman.options import CheckpointOptions, RestoreOptions
from core.simulated import ManualClock, big_estate, seed_hosts, seed_pair
from core.simulated.listing import list_estate
from tests.contract.copying import carry


async def test_the_seed_is_the_storys_estate() -> None:
    old, new = seed_pair()
    source, target = await old.connect(), await new.connect()
    assert (source.label, source.filesystem, source.copy_on_write) == ("old", "btrfs", True)
    assert (target.label, target.filesystem, target.copy_on_write) == ("new", "xfs", False)
    assert source.machine_id != target.machine_id
    estate = await old.estate()
    assert estate.container_count == 180
    assert [i.kind for i in estate.items].count(Kind.POD) == 30
    assert (await new.estate()).items == ()


def test_the_seed_is_the_same_every_time() -> None:
    first, second = (
        [list_estate(h) for h in seed_hosts(clock=ManualClock(), conflicts=True)] for _ in range(2)
    )
    assert first == second


def test_names_and_texts_are_hostile_enough() -> None:
    estate = list_estate(seed_hosts()[0])
    names = " ".join(c.name for i in estate.items for c in i.containers)
    texts = "\n".join(
        text
        for i in estate.items
        for c in i.containers
        for text in (*c.labels.values(), *c.labels, *c.command)
    )
    assert all(mark in names for mark in "_.-")
    for hostile in ("[/x]", "[red]", '"', "'", "$(", "ß", "🚢", "\n", "\x1b["):
        assert hostile in texts, hostile


async def test_conflicts_are_in_the_way() -> None:
    _, new = seed_pair(conflicts=True)
    await new.connect()
    has = await new.inventory()
    assert ("tcp", 9100) in has.listening
    assert "wiki-data" in has.volumes
    assert "nightly_backup" in has.containers


@pytest.mark.parametrize("rows", [7, 500, 2000])
async def test_a_big_estate(rows: int) -> None:
    engine = big_estate(rows)
    await engine.connect()
    estate = await engine.estate()
    assert (
        len(estate.items) + sum(len(i.containers) for i in estate.items if i.kind == "pod") == rows
    )
    assert len({i.name for i in estate.items}) == len(estate.items)


async def test_every_running_container_can_be_moved() -> None:
    old, new = seed_pair()
    await old.connect()
    await new.connect()
    for name in (await old.inventory()).networks:
        seen = await old.inspect(Thing.NETWORK, name)
        if seen and name != "podman":
            await new.create_network(seen)
    for name in (await old.inventory()).volumes:
        seen = await old.inspect(Thing.VOLUME, name)
        assert seen
        await new.create_volume(seen)
        await carry(await old.last_pass(name, "n"), await new.take_last_pass(name, "n"))
    for image, tags in (await old.inventory()).images.items():
        await carry(await old.save_image(image), await new.load_image(image, tags))
    for name in (await old.inventory()).secrets:
        await new.create_secret(await old.read_secret(name))
    old.world.info = replace(old.world.info, criu_options={"ghost-limit": "4M"})
    options = CheckpointOptions(tcp_established=True, file_locks=True)
    for item in (await old.estate()).items:
        pod = ""
        if item.kind is Kind.POD:
            seen = await old.inspect(Thing.POD, item.id)
            assert seen
            await new.create_pod(seen)
            pod = item.name
        for container in item.containers:
            if container.state is not State.RUNNING:
                continue
            old.world.container(container.id).busy_dumps = 0
            await carry(
                await old.checkpoint(container.id, options),
                await new.receive_checkpoint("podferry.1"),
            )
            await new.restore("podferry.1", container.id, RestoreOptions(pod=pod))
            await new.discard("podferry.1")
    assert (await new.estate()).container_count == 178
    assert not [i for i in (await new.estate()).items if i.state is not State.RUNNING]
    sources, copies = old.world.volumes, new.world.volumes
    assert {n: v.files for n, v in sources.items()} == {n: v.files for n, v in copies.items()}
