"""What an engine sees of its host."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace

import pytest

from core.errors import HostUnreachable
from core.podman.model import Change, Container, Item, Kind, PathKind, State, Thing
from core.podman.real import RealEngine
from core.simulated.things import MIB
from tests.contract.conftest import REAL, Sides
from tests.contract.sides import Side
from tests.lab.images import COUNTER

UNKNOWN = "no-such-thing"


async def test_nothing_is_known_before_connect(unconnected: Sides) -> None:
    with pytest.raises(HostUnreachable):
        _ = unconnected.old.engine.info
    with pytest.raises(HostUnreachable):
        await unconnected.old.engine.estate()


async def test_connect_tells_what_the_host_is(old: Side) -> None:
    info = await old.engine.connect()
    assert info == old.engine.info
    assert info.label == old.engine.label == "old"
    assert info.podman_version >= (5,)
    assert info.criu_version
    assert not info.rootless
    assert info.graph_root.startswith("/")
    assert info.machine_id


async def test_hosts_differ(sides: Sides) -> None:
    assert sides.old.engine.info.machine_id != sides.new.engine.info.machine_id


async def test_close_and_connect_again(old: Side) -> None:
    await old.engine.close()
    with pytest.raises(HostUnreachable):
        await old.engine.estate()
    await old.engine.connect()
    assert (await old.engine.estate()).items == ()


async def test_estate_lists_what_was_made(old: Side) -> None:
    labels = {"note": '[/x] it\'s "quoted" $(id) ünï', "empty": ""}
    single = await old.counter("web_1.a-b", port=8081, labels=labels)
    pod = await old.pod("shop", port=8082)
    first = await old.counter("shop-a", pod="shop")
    second = await old.counter("shop-b", pod="shop")

    estate = await old.engine.estate()

    assert estate.host == "old"
    assert [(i.kind, i.name, i.id) for i in estate.items] == [
        (Kind.POD, "shop", pod),
        (Kind.CONTAINER, "web_1.a-b", single),
    ]
    shop, web = estate.items
    assert [c.id for c in shop.containers] == [first, second]
    assert shop.state is web.state is State.RUNNING
    assert [str(p) for p in shop.ports] == ["8082→8088"]
    assert [str(p) for p in web.ports] == ["8081→8088"]
    assert shop.infra_id
    assert dict(web.labels).items() >= labels.items()
    assert web.containers[0].image == COUNTER
    assert web.containers[0].pid > 0
    assert web.networks == ("podman",)
    assert estate.find(single[:12]) == web


@pytest.mark.parametrize("implementation", [REAL], indirect=True)
async def test_the_first_listing_tells_the_same_and_needs_no_connect(unconnected: Sides) -> None:
    old = unconnected.old
    assert isinstance(old.engine, RealEngine)
    assert (await old.engine.list_first()).items == ()
    with pytest.raises(HostUnreachable):
        _ = old.engine.info
    await old.engine.connect()
    await old.counter("web", port=8081, labels={"note": '[/x] "$(id)" ünï'})
    await old.pod("shop", port=8082)
    await old.counter("shop-a", pod="shop")
    stopped = await old.counter("shop-b", pod="shop")
    await old.engine.stop(Kind.CONTAINER, stopped)

    def coarse(container: Container) -> Container:
        return replace(container, created_s=int(container.created_s), size_bytes=None)

    def coarsely(item: Item) -> Item:
        containers = tuple(coarse(c) for c in sorted(item.containers, key=lambda c: c.name))
        return replace(item, created_s=int(item.created_s), containers=containers)

    first, full = await old.engine.list_first(), await old.engine.estate()
    assert [coarsely(i) for i in first.items] == [coarsely(i) for i in full.items]
    assert len(first.items) == 2
    await old.engine.close()


async def test_pod_with_a_stopped_container_is_degraded(old: Side) -> None:
    await old.pod("shop")
    ident = await old.counter("shop-a", pod="shop")
    await old.counter("shop-b", pod="shop")
    await old.engine.stop(Kind.CONTAINER, ident)
    (shop,) = (await old.engine.estate()).items
    assert shop.state is State.DEGRADED
    assert shop.running == 1


async def test_inspect_by_name_and_id(old: Side) -> None:
    ident = await old.counter("web", port=8081, labels={"tier": "front"})
    seen = await old.engine.inspect(Thing.CONTAINER, "web")
    assert seen == await old.engine.inspect(Thing.CONTAINER, ident)
    assert seen
    assert seen["Id"] == ident
    assert seen["Name"] == "web"
    assert seen["ImageName"] == COUNTER
    assert seen["State"]["Running"]
    assert seen["State"]["Pid"] > 0
    assert seen["Config"]["Labels"]["tier"] == "front"
    assert seen["HostConfig"]["RestartPolicy"]["Name"] in ("", "no")
    assert seen["HostConfig"]["PortBindings"]["8088/tcp"][0]["HostPort"] == "8081"
    assert seen["NetworkSettings"]["Networks"]["podman"]["IPAddress"]
    assert "web" in seen["Config"]["CreateCommand"]


async def test_inspect_pod(old: Side) -> None:
    pod_id = await old.pod("shop", port=8082)
    ident = await old.counter("shop-a", pod="shop")
    seen = await old.engine.inspect(Thing.POD, "shop")
    assert seen
    assert seen["Id"] == pod_id
    assert seen["State"] == "Running"
    assert {"net", "ipc", "uts"} <= set(seen["SharedNamespaces"])
    assert seen["InfraConfig"]["PortBindings"]["8088/tcp"][0]["HostPort"] == "8082"
    assert seen["InfraConfig"]["Networks"] == ["podman"]
    inside = {c["Id"]: c["State"] for c in seen["Containers"]}
    assert inside == {ident: "running", seen["InfraContainerID"]: "running"}
    member = await old.engine.inspect(Thing.CONTAINER, ident)
    assert member
    assert member["Pod"] == pod_id


async def test_inspect_image_by_tag_and_id(old: Side) -> None:
    seen = await old.engine.inspect(Thing.IMAGE, COUNTER)
    assert seen
    assert COUNTER in seen["RepoTags"]
    assert seen["Size"] > 0
    again = await old.engine.inspect(Thing.IMAGE, str(seen["Id"]))
    assert again
    assert again["Id"] == seen["Id"]


@pytest.mark.parametrize("thing", list(Thing))
async def test_inspect_of_the_unknown_is_none(old: Side, thing: Thing) -> None:
    assert await old.engine.inspect(thing, UNKNOWN) is None
    assert await old.engine.inspect(thing, "a" * 64) is None


async def test_details_of_running_and_stopped(old: Side) -> None:
    ident = await old.counter("web")
    details = await old.engine.details(ident)
    assert details.inspection["Name"] == "web"
    assert len(details.processes) == 1
    await old.engine.stop(Kind.CONTAINER, ident)
    assert (await old.engine.details(ident)).processes == ()


async def test_usage_of_running_containers_only(old: Side) -> None:
    ident = await old.counter("web")
    stopped = await old.counter("idle")
    await old.engine.stop(Kind.CONTAINER, stopped)
    usage = await old.engine.usage()
    assert usage[ident].memory_bytes > 0
    assert stopped not in usage


async def test_inside_tells_what_programs_hold(old: Side) -> None:
    holds = {"lock": "/tmp/my lock", "deleted": "/tmp/ghost"}
    single = await old.holder("holder", **holds, port=9100)
    pod_id = await old.pod("shop")
    neighbour = await old.counter("shop-counter", pod="shop")
    member = await old.holder("shop-holder", **holds, port=9200, pod="shop")
    stopped = await old.counter("idle")
    await old.engine.stop(Kind.CONTAINER, stopped)

    inside = await old.engine.inside()

    pod = await old.engine.inspect(Thing.POD, pod_id)
    assert pod
    assert set(inside) == {single, member, neighbour, pod["InfraContainerID"]}
    for ident, port in ((single, 9100), (member, 9200)):
        seen = inside[ident]
        assert seen.locked == ("/tmp/my lock",)
        assert seen.deleted == {"/tmp/ghost": 3 * MIB}
        assert seen.listening == (f"127.0.0.1:{port}",)
        one, other = (pair.split() for pair in seen.established)
        assert one == other[::-1]
        assert f"127.0.0.1:{port}" in one
        assert seen.program == "python3"
    for quiet in (neighbour, pod["InfraContainerID"]):
        seen = inside[quiet]
        assert (seen.locked, seen.deleted, seen.established) == ((), {}, ())
    assert inside[neighbour].program == "counter"
    for seen in inside.values():
        assert (seen.in_flight, seen.unix_outside) == ((), ())
        assert (seen.devices, seen.shared_mounts) == ((), ())


async def test_inventory(old: Side) -> None:
    await old.network("backend", "10.77.1.0/24")
    await old.volume("Data_1.x", {})
    pod_id = await old.pod("shop")
    ident = await old.counter("web", volume="Data_1.x", port=8081)

    has = await old.engine.inventory()

    image = await old.engine.inspect(Thing.IMAGE, COUNTER)
    assert image
    assert COUNTER in has.images[str(image["Id"]).removeprefix("sha256:")]
    assert {"podman", "backend"} <= set(has.networks)
    assert has.networks["backend"]["subnets"][0]["subnet"] == "10.77.1.0/24"
    assert "Data_1.x" in has.volumes
    assert ("tcp", 8081) in has.listening
    assert ("tcp", 8099) not in has.listening
    assert has.free_bytes > 0
    assert has.pods == {"shop"}
    assert has.containers["web"] == ident
    pod = await old.engine.inspect(Thing.POD, pod_id)
    assert pod
    assert pod["InfraContainerID"] in has.containers.values()


async def test_path_kinds(old: Side) -> None:
    strange = frozenset({"/no/such $(id)", "/no/such\nplace", "/nö'such\""})
    assert await old.engine.path_kinds(strange) == {}
    assert await old.engine.path_kinds(frozenset()) == {}
    folder = f"/srv/podferry-test/a $(id) {'x' * 200}"
    await old.folder(folder, {})
    many = {f"/no/such/{'long' * 40}/{number}" for number in range(1500)}
    assert await old.engine.path_kinds(strange | many | {folder}) == {folder: PathKind.FOLDER}


async def test_changes_tell_start_and_removal(old: Side) -> None:
    ident = await old.counter("web")
    await old.engine.stop(Kind.CONTAINER, ident)
    seen: asyncio.Queue[Change] = asyncio.Queue()

    async def watch() -> None:
        async for change in old.engine.changes():
            seen.put_nowait(change)

    task = asyncio.create_task(watch())
    try:
        await _act_until_seen(old, ident, seen)
        await old.engine.remove(Kind.CONTAINER, ident)
        async with asyncio.timeout(30):
            while True:
                change = await seen.get()
                if (change.action, change.id) == ("remove", ident):
                    break
        assert change.name == "web"
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _act_until_seen(old: Side, ident: str, seen: asyncio.Queue[Change]) -> None:
    """Start the container; again, if the stream was not yet open the first time."""
    for _ in range(10):
        await old.engine.start(Kind.CONTAINER, ident)
        with suppress(TimeoutError):
            async with asyncio.timeout(2):
                while True:
                    change = await seen.get()
                    if (change.action, change.id) == ("start", ident):
                        return
        await old.engine.stop(Kind.CONTAINER, ident)
    pytest.fail("no change was told")


async def test_changes_break_when_the_connection_ends(old: Side) -> None:
    broken = asyncio.Event()

    async def watch() -> None:
        try:
            async for _ in old.engine.changes():
                pass
        except HostUnreachable:
            broken.set()

    task = asyncio.create_task(watch())
    ident = await old.counter("web")
    await old.engine.stop(Kind.CONTAINER, ident)
    await old.engine.close()
    async with asyncio.timeout(30):
        await broken.wait()
        await task
