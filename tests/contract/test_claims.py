"""One Podferry at a time works on an item of a host, and one that is dead keeps nobody off."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from core.errors import ItemBlocked
from core.podman.engine import Claim, Engine
from core.podman.model import Thing
from tests.contract.sides import Side


@pytest.fixture
async def other(old: Side) -> AsyncIterator[Engine]:
    """Another Podferry's engine for the same host."""
    engine = old.other_engine()
    await engine.connect()
    yield engine
    await engine.close()


async def is_lost(claim: Claim) -> bool:
    for _ in range(400):
        if claim.lost:
            return True
        await asyncio.sleep(0.05)
    return False


async def test_another_run_is_refused_and_told_whose_it_is(old: Side, other: Engine) -> None:
    async with old.engine.claim("web", "run1") as claim:
        with pytest.raises(ItemBlocked, match="held by run run1"):
            async with other.claim("web", "run2"):
                pass
        async with other.claim("db", "run2"):
            pass
        assert not claim.lost
    async with other.claim("web", "run2"):
        pass


async def test_the_same_run_takes_over(old: Side, other: Engine) -> None:
    """As after a cut that the host has not noticed: the old connection stands there still."""
    async with old.engine.claim("web", "run1") as first:
        async with other.claim("web", "run1") as second:
            assert await is_lost(first)
            assert not second.lost
            with pytest.raises(ItemBlocked):
                async with old.engine.claim("web", "run2"):
                    pass
        async with other.claim("web", "run2"):
            pass
    async with old.engine.claim("web", "run2"):
        pass


async def test_it_ends_with_its_connection(old: Side, other: Engine) -> None:
    async with old.engine.claim("web", "run1") as claim:
        await old.engine.close()
        assert await is_lost(claim)
        async with other.claim("web", "run2"):
            pass
    await old.engine.connect()


async def test_nothing_goes_on_where_nobody_was_at_work(old: Side) -> None:
    ident = await old.counter("web")
    await old.engine.quiesce([ident, "web", "nobody", "a b\n$(id)"])
    assert await old.count("web") == 0
    assert await old.engine.inspect(Thing.CONTAINER, ident)
