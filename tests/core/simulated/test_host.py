"""What simulated hosts share with real ones, as far as no contract test says it."""

from __future__ import annotations

import dataclasses
import time

import pytest

from core.errors import CommandFailed
from core.podman.model import Kind, State, Thing
from core.podman.options import CheckpointOptions, RestoreOptions
from core.podman.outcomes import CommandRecord
from core.simulated import INSTANT, Pace
from core.simulated.making import make_container, make_network, make_pod
from core.simulated.probing import hit, peek, uptime_s
from core.simulated.things import Mount
from tests.contract.copying import carry
from tests.core.simulated.conftest import Two, spec_of


async def test_memory_lives_on_over_a_move_and_dies_with_a_cold_start(two: Two) -> None:
    old, new = two.old.world, two.new.world
    hit(old, "web")
    two.clock.advance(100)
    assert uptime_s(old, "web") == 100
    await two.dump()
    two.clock.advance(5)
    await two.new.restore("podferry.1", two.web, RestoreOptions())
    two.clock.advance(10)
    assert uptime_s(new, "web") == 110
    assert peek(new, "web") == 1
    await two.new.stop(Kind.CONTAINER, "web")
    await two.new.start(Kind.CONTAINER, "web")
    assert uptime_s(new, "web") == 0
    assert peek(new, "web") == 0


async def test_all_that_a_container_is_travels(two: Two) -> None:
    old = two.old.world
    old.secrets.add("password")
    two.new.world.secrets.add("password")
    for host in (old, two.new.world):
        make_network(host, "web", "10.89.1.0/24")
        host.paths.add("/srv")
    spec = dataclasses.replace(
        spec_of(old),
        command=("/bin/x", "[/x] $(id)"),
        env={"A": "1"},
        labels={"größe": "'\"\n"},
        networks={"web": "10.89.1.77"},
        mounts=(Mount("/srv", "/srv", is_volume=False, writable=False),),
        secrets=("password",),
        restart_policy="on-failure:3",
        healthcheck=("CMD", "true"),
        ulimits=("nofile=1024:2048",),
    )
    made = make_container(old, "all", spec)
    made.files["etc/changed.conf"] = b"changed"
    await carry(
        await two.old.checkpoint(made.id, CheckpointOptions()),
        await two.new.receive_checkpoint("podferry.2"),
    )
    await two.new.restore("podferry.2", made.id, RestoreOptions(ignore_static_ip=False))
    there = two.new.world.container("all")
    assert there.spec == spec
    assert there.files == {"etc/changed.conf": b"changed"}
    assert there.addresses == {"web": "10.89.1.77"}
    before = await two.old.inspect(Thing.CONTAINER, made.id)
    after = await two.new.inspect(Thing.CONTAINER, made.id)
    assert before
    assert after
    for key in ("Id", "Name", "Image", "ImageName", "Config", "HostConfig", "Mounts"):
        assert before[key] == after[key], key


async def test_a_cold_start_leaves_the_stale_checkpoint(two: Two) -> None:
    hit(two.old.world, "web")
    await two.dump()
    await two.old.start(Kind.CONTAINER, "web")
    assert two.old.world.container("web").left is not None
    await two.old.stop(Kind.CONTAINER, "web")
    await two.old.restore_in_place(two.web)
    assert peek(two.old.world, "web") == 1


async def test_old_address_in_another_subnet(two: Two) -> None:
    two.new.world.networks["podman"].subnet = "10.99.0.0/16"
    await two.dump()
    keep = RestoreOptions(ignore_static_ip=False)
    with pytest.raises(CommandFailed, match="not in any subnet"):
        await two.new.restore("podferry.1", two.web, keep)
    await two.new.remove(Kind.CONTAINER, two.web)
    await two.new.restore("podferry.1", two.web, RestoreOptions())
    assert two.new.world.container("web").addresses["podman"].startswith("10.99.")


async def test_auto_remove(two: Two) -> None:
    spec = dataclasses.replace(spec_of(two.old.world), auto_remove=True)
    made = make_container(two.old.world, "brief", spec)
    await two.old.stop(Kind.CONTAINER, "brief")
    assert await two.old.inspect(Thing.CONTAINER, made.id) is None


async def test_rootless_cannot_checkpoint(two: Two) -> None:
    world = two.old.world
    world.info = dataclasses.replace(world.info, rootless=True)
    with pytest.raises(CommandFailed, match="root"):
        await two.dump()
    assert two.source_runs


async def test_an_empty_pod(two: Two) -> None:
    pod = make_pod(two.old.world, "empty")
    (listed, _) = (await two.old.estate()).items
    assert (listed.id, listed.state, listed.containers) == (pod.id, State.CREATED, ())
    with pytest.raises(CommandFailed, match="no containers"):
        await two.old.generate_kube("empty")


async def test_devices_stop_kube_generate(two: Two) -> None:
    spec = dataclasses.replace(spec_of(two.old.world), devices=("/dev/fuse",))
    make_container(two.old.world, "gpu", spec)
    with pytest.raises(CommandFailed, match="devices"):
        await two.old.generate_kube("gpu")


async def test_what_is_missing_is_refused(two: Two) -> None:
    make_network(two.old.world, "web", "10.89.1.0/24")
    spec = dataclasses.replace(spec_of(two.old.world), networks={"web": ""})
    made = make_container(two.old.world, "all", spec)
    await carry(
        await two.old.checkpoint(made.id, CheckpointOptions()),
        await two.new.receive_checkpoint("podferry.2"),
    )
    with pytest.raises(CommandFailed, match="network not found"):
        await two.new.restore("podferry.2", made.id, RestoreOptions())


async def test_delays_and_rate(two: Two) -> None:
    told: list[CommandRecord] = []
    two.old.on_command = told.append
    two.old.pace = Pace({"stop": 0.05}, rate_bytes_s=2_000_000, payload_scale=0.1)
    began = time.monotonic()
    await two.dump()
    assert time.monotonic() - began > 0.1
    (dump,) = told
    assert dump.argv[:3] == ("podman", "container", "checkpoint")
    assert dump.seconds > 0.1
    two.old.pace = INSTANT
