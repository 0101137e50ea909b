"""What an engine does for checkpoints that are kept: copies, and sleep over a reboot."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator

import pytest

from core.errors import CommandFailed
from core.podman.model import Kind, State, Thing
from core.podman.options import RestoreOptions
from core.podman.outcomes import RestOutcome
from tests.contract.copying import dump
from tests.contract.sides import Side


@pytest.fixture
async def archive(new: Side) -> AsyncIterator[str]:
    """Name of an archive on the target, which is gone afterwards."""
    name = f"podferry.{secrets.token_hex(8)}"
    yield name
    await new.engine.discard(name)


async def test_a_copy_has_a_name_an_id_and_a_port_of_its_own(
    old: Side, new: Side, archive: str
) -> None:
    ident = await old.counter("web", port=8081)
    assert [await old.count("web") for _ in range(2)] == [0, 1]
    await dump(old, new, ident, archive)
    options = RestoreOptions(name="copy", publish=("8082:8088",))
    await new.engine.restore(archive, ident, options)
    assert await new.count("copy") == 2
    seen = await new.engine.inspect(Thing.CONTAINER, "copy")
    assert seen
    assert seen["Id"] != ident
    assert seen["HostConfig"]["PortBindings"]["8088/tcp"][0]["HostPort"] == "8082"
    assert await new.engine.inspect(Thing.CONTAINER, "web") is None


async def test_a_copy_s_name_must_be_free(old: Side, new: Side, archive: str) -> None:
    ident = await old.counter("web")
    await new.counter("copy")
    await dump(old, new, ident, archive)
    with pytest.raises(CommandFailed, match="in use"):
        await new.engine.restore(archive, ident, RestoreOptions(name="copy"))
    assert await new.count("copy") == 0


async def _outcomes(side: Side, *, cold: bool = False) -> dict[str, RestOutcome]:
    return {rest.name: rest.outcome for rest in await side.engine.wake(cold=cold)}


async def test_what_sleeps_wakes_with_its_policy(old: Side) -> None:
    ident = await old.counter("web")
    await old.engine.set_restart_policy(ident, "always")
    await old.pod("shop")
    inner = await old.counter("app", pod="shop")
    assert [await old.count("web") for _ in range(2)] == [0, 1]

    told = await old.engine.hibernate([ident, inner])
    assert {rest.name: rest.outcome for rest in told} == {
        "web": RestOutcome.ASLEEP,
        "app": RestOutcome.ASLEEP,
    }
    item = (await old.engine.estate()).find("web")
    assert item
    assert item.state is State.EXITED
    seen = await old.engine.inspect(Thing.CONTAINER, "web")
    assert seen
    assert seen["HostConfig"]["RestartPolicy"]["Name"] == "no"

    assert await _outcomes(old) == {"web": RestOutcome.AWAKE, "app": RestOutcome.AWAKE}
    assert await old.count("web") == 2
    seen = await old.engine.inspect(Thing.CONTAINER, "web")
    assert seen
    assert seen["HostConfig"]["RestartPolicy"]["Name"] == "always"
    assert await _outcomes(old) == {}


async def test_what_does_not_run_is_not_laid_down(old: Side) -> None:
    ident = await old.counter("web")
    await old.engine.stop(Kind.CONTAINER, ident)
    (told,) = await old.engine.hibernate([ident])
    assert told.outcome is RestOutcome.SKIPPED
    assert await _outcomes(old) == {}


async def test_one_that_lived_since_is_not_taken_back(old: Side) -> None:
    ident = await old.counter("web")
    assert [await old.count("web") for _ in range(2)] == [0, 1]
    await old.engine.hibernate([ident])
    await old.engine.start(Kind.CONTAINER, ident)
    assert await old.count("web") == 0
    await old.engine.stop(Kind.CONTAINER, ident)
    assert await _outcomes(old) == {"web": RestOutcome.FAILED}
    assert await _outcomes(old, cold=True) == {"web": RestOutcome.AFRESH}
    assert await old.count("web") == 0


async def test_one_that_runs_already_is_left_alone(old: Side) -> None:
    ident = await old.counter("web")
    await old.engine.hibernate([ident])
    await old.engine.start(Kind.CONTAINER, ident)
    assert await old.count("web") == 0
    assert await _outcomes(old) == {"web": RestOutcome.RUNNING}
    assert await old.count("web") == 1
