"""What a look at both hosts tells, before anything is planned."""

from __future__ import annotations

import pytest

from core.checks.survey import complete, survey
from core.errors import UsageError
from core.podman.model import Kind, Route, Thing
from tests.contract.conftest import Sides
from tests.contract.sides import Side
from tests.lab.images import COUNTER


async def test_what_connect_learns_for_the_checks(old: Side) -> None:
    info = old.engine.info
    assert {"podman", "nft", "iptables-restore", "chattr", "lsattr"} <= info.tools
    assert "no-such-tool" not in info.tools
    assert {"sse2", "fxsr"} <= info.cpu_flags
    assert info.criu_trouble == ""
    assert "network_lock_nftables" in info.criu_features
    assert info.libcriu
    assert info.cgroup_version == 2
    assert info.cgroup_manager in ("cgroupfs", "systemd")


async def test_inventory_of_what_containers_have(old: Side) -> None:
    await old.network("backend", "10.77.1.0/24")
    await old.counter("web", labels={"PODMAN_SYSTEMD_UNIT": "web.service"})
    await old.pod("shop")
    has = await old.engine.inventory()
    seen = await old.engine.inspect_all(Thing.CONTAINER, {has.containers["web"]})
    (web,) = seen.values()
    address = web["NetworkSettings"]["Networks"]["podman"]["IPAddress"]
    assert has.addresses[address] == "web"
    assert len(set(has.addresses.values())) == 2, "one is the infra container's"
    assert has.units == {"web": "web.service"}
    assert has.tmp_free_bytes
    assert has.run_free_bytes
    assert abs(has.clock_ahead_s) < 1


async def test_inspect_all_leaves_out_what_is_not_there(old: Side) -> None:
    web, idle = await old.counter("web"), await old.counter("idle")
    pod = await old.pod("shop")
    await old.volume("data", {})
    gone = "a" * 64
    containers = await old.engine.inspect_all(Thing.CONTAINER, {web, gone, idle})
    assert {ident: seen["Name"] for ident, seen in containers.items()} == {web: "web", idle: "idle"}
    assert containers[web] == await old.engine.inspect(Thing.CONTAINER, web)
    assert await old.engine.inspect_all(Thing.CONTAINER, {"web", "idle", "no-such"}) == {
        seen["Name"]: seen for seen in containers.values()
    }
    many = {web, idle, *(f"{number:064x}" for number in range(200))}
    assert await old.engine.inspect_all(Thing.CONTAINER, many) == containers
    pods = await old.engine.inspect_all(Thing.POD, {pod, gone})
    assert [(ident, seen["Name"]) for ident, seen in pods.items()] == [(pod, "shop")]
    image = await old.engine.inspect(Thing.IMAGE, COUNTER)
    assert image
    image_id = str(image["Id"]).removeprefix("sha256:")
    images = await old.engine.inspect_all(Thing.IMAGE, {image_id, gone})
    assert [(i, seen["RepoTags"]) for i, seen in images.items()] == [(image_id, [COUNTER])]
    volumes = await old.engine.inspect_all(Thing.VOLUME, {"data", "no-such"})
    assert [(name, seen["Driver"]) for name, seen in volumes.items()] == [("data", "local")]
    networks = await old.engine.inspect_all(Thing.NETWORK, {"podman", "no-such"})
    assert list(networks) == ["podman"]
    for thing in Thing:
        assert await old.engine.inspect_all(thing, ()) == {}
        assert await old.engine.inspect_all(thing, {gone}) == {}


async def test_survey_of_all_and_of_some(sides: Sides) -> None:
    old, new = sides
    await old.volume("data", {})
    await old.volume("alone", {})
    web = await old.counter("web", volume="data")
    await old.counter("idle", volume="alone")
    await old.engine.stop(Kind.CONTAINER, "idle")
    pod = await old.pod("shop")
    first = await old.counter("shop-a", pod="shop")
    second = await old.holder("shop-b", lock="/tmp/l", deleted="/tmp/d", port=9000, pod="shop")
    await old.counter("twin", volume="data")
    await new.counter("web", port=8081)

    facts = await survey(old.engine, new.engine)

    assert set(facts.items) == {"web", "idle", "shop", "twin"}
    shop = facts.items["shop"]
    assert shop.pod
    assert shop.pod["Id"] == pod
    assert [c["Id"] for c in shop.containers] == [first, second]
    assert shop.inside[second].locked == ("/tmp/l",)
    assert set(shop.memory) == set(shop.inside) == {first, second}
    assert facts.items["web"].pod is None
    assert (facts.items["idle"].inside, facts.items["idle"].memory) == ({}, {})
    assert set(facts.volumes) == {"data", "alone"}
    assert {name: set(users) for name, users in facts.volume_users.items()} == {
        "data": {"web", "twin"},
        "alone": set(),
    }
    assert set(facts.networks) == {"podman"}
    (image,) = facts.images.values()
    assert image["RepoTags"] == [COUNTER]
    assert ("tcp", 8081) in facts.target_has.listening
    assert ("tcp", 8081) not in facts.source_has.listening
    assert facts.changed_files == {}
    assert all(not seen.kube_yaml for seen in facts.items.values())

    some = await survey(old.engine, new.engine, only={"web", "no-such"})

    assert set(some.items) == {"web"}
    assert some.items["web"].containers == facts.items["web"].containers
    assert set(some.items["web"].inside) == {web}
    assert set(some.volumes) == {"data"}
    assert set(some.volume_users["data"]) == {"web", "twin"}


async def test_complete_adds_what_the_marked_ones_need(sides: Sides) -> None:
    old, new = sides
    await old.counter("live")
    played = await old.counter("played")
    await old.counter("other")
    facts = await survey(old.engine, new.engine)
    marks = {"live": Route.CHECKPOINT, "played": Route.KUBE, "gone": Route.KUBE}
    whole = await complete(facts, old.engine, marks)
    assert set(whole.items) == {"live", "played", "other"}
    assert set(whole.changed_files) == {played}
    assert "kind: Pod" in whole.items["played"].kube_yaml
    assert not whole.items["live"].kube_yaml
    await old.engine.remove(Kind.CONTAINER, played)
    lost = await complete(facts, old.engine, {"played": Route.KUBE})
    assert lost.items["played"].kube_error
    assert not lost.items["played"].kube_yaml


async def test_one_host_is_not_two(old: Side) -> None:
    with pytest.raises(UsageError, match="same host"):
        await survey(old.engine, old.engine)
