"""What an engine does to items."""

from __future__ import annotations

import pytest

from core.errors import CommandFailed, PodferryError
from core.podman.model import Kind, State, Thing
from core.podman.outcomes import CommandRecord
from tests.contract.sides import GONE, Side


async def _state(side: Side, name: str) -> State | None:
    item = (await side.engine.estate()).find(name)
    return item.state if item else None


async def test_start_and_stop_twice(old: Side) -> None:
    ident = await old.counter("web")
    await old.engine.start(Kind.CONTAINER, ident)
    assert await old.count("web") == 0
    for _ in range(2):
        await old.engine.stop(Kind.CONTAINER, ident)
        assert await _state(old, "web") is State.EXITED
    assert await old.count("web") == GONE
    for _ in range(2):
        await old.engine.start(Kind.CONTAINER, "web")
        assert await _state(old, "web") is State.RUNNING


async def test_start_is_cold(old: Side) -> None:
    ident = await old.counter("web")
    assert [await old.count("web") for _ in range(3)] == [0, 1, 2]
    await old.engine.stop(Kind.CONTAINER, ident)
    await old.engine.start(Kind.CONTAINER, ident)
    assert await old.count("web") == 0


async def test_remove_a_running_container_twice(old: Side) -> None:
    ident = await old.counter("web")
    for _ in range(2):
        await old.engine.remove(Kind.CONTAINER, ident)
        assert await old.engine.inspect(Thing.CONTAINER, ident) is None


async def test_pod_as_a_whole(old: Side) -> None:
    pod = await old.pod("shop")
    ident = await old.counter("shop-a", pod="shop")
    await old.engine.stop(Kind.POD, pod)
    assert await old.count("shop-a") == GONE
    assert await _state(old, "shop") is State.EXITED
    await old.engine.start(Kind.POD, "shop")
    assert await _state(old, "shop") is State.RUNNING
    for _ in range(2):
        await old.engine.remove(Kind.POD, pod)
        assert await old.engine.inspect(Thing.POD, pod) is None
    assert await old.engine.inspect(Thing.CONTAINER, ident) is None


@pytest.mark.parametrize("kind", list(Kind))
async def test_the_unknown_cannot_be_started(old: Side, kind: Kind) -> None:
    for name in ("nobody", "$(id)", "--all", "a b"):
        with pytest.raises(PodferryError):
            await old.engine.start(kind, name)
        with pytest.raises(PodferryError):
            await old.engine.stop(kind, name)


async def test_restart_policy(old: Side) -> None:
    ident = await old.counter("web")
    for policy, name, retries in (
        ("always", "always", 0),
        ("on-failure:3", "on-failure", 3),
        ("no", "no", 0),
    ):
        await old.engine.set_restart_policy(ident, policy)
        seen = await old.engine.inspect(Thing.CONTAINER, ident)
        assert seen
        found = seen["HostConfig"]["RestartPolicy"]
        assert (found["Name"], found["MaximumRetryCount"]) == (name, retries)
    assert await old.count("web") == 0


async def test_rename(old: Side) -> None:
    ident = await old.counter("web")
    await old.counter("taken")
    await old.engine.rename(ident, "Web_2.x-y")
    seen = await old.engine.inspect(Thing.CONTAINER, "Web_2.x-y")
    assert seen
    assert seen["Id"] == ident
    assert await old.engine.inspect(Thing.CONTAINER, "web") is None
    with pytest.raises(CommandFailed):
        await old.engine.rename(ident, "taken")
    assert await old.engine.inspect(Thing.CONTAINER, "Web_2.x-y")


async def test_commands_are_told(old: Side) -> None:
    ident = await old.counter("web")
    told: list[CommandRecord] = []
    old.engine.on_command = told.append
    await old.engine.stop(Kind.CONTAINER, ident)
    with pytest.raises(PodferryError):
        await old.engine.start(Kind.CONTAINER, "nobody")
    stop, start = told
    assert stop.argv == ("podman", "container", "stop", "--", ident)
    assert (stop.host, stop.exit_code) == ("old", 0)
    assert start.exit_code not in (0, None)
    assert "nobody" in start.stderr_tail
