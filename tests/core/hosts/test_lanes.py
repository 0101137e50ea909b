"""Connections of their own for bulk streams: how many are made, and who waits for which."""

from __future__ import annotations

import asyncio

import pytest

from core.errors import HostUnreachable, PodferryError
from core.hosts.address import parse_address
from core.hosts.ssh import SshTransport


class Lanes(SshTransport):
    """Makes its masters when the test says so."""

    def __init__(self) -> None:
        super().__init__(parse_address("ssh://somewhere", {}))
        self.made: list[int | None] = []
        self.may = asyncio.Event()
        self.fails = False
        self.alive_lanes: set[int | None] = set()

    async def _make_master(self, lane: int | None) -> None:
        self.made.append(lane)
        await self.may.wait()
        if self.fails:
            raise HostUnreachable("no", host="somewhere")
        self.alive_lanes.add(lane)

    def _alive(self, lane: int | None) -> bool:
        return lane in self.alive_lanes

    def let(self, lane: int | None) -> None:
        """A stream has ended."""
        assert lane is not None
        self._free_lanes.put_nowait(lane)


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.fixture
def lanes() -> Lanes:
    return Lanes()


async def taken(*takers: asyncio.Task[int | None]) -> list[int | None]:
    async with asyncio.timeout(5):
        return await asyncio.gather(*takers)


def take(lanes: Lanes, count: int) -> list[asyncio.Task[int | None]]:
    return [asyncio.create_task(lanes._take_lane()) for _ in range(count)]


async def test_whoever_streams_at_the_same_time_has_a_lane_each(lanes: Lanes) -> None:
    takers = take(lanes, 3)
    await settled()
    lanes.may.set()
    assert sorted(map(str, await taken(*takers))) == ["0", "1", "2"]


async def test_lanes_that_are_being_made_are_waited_for(lanes: Lanes) -> None:
    warming = asyncio.create_task(lanes.warm(4))
    takers = take(lanes, 4)
    await settled()
    assert sorted(map(str, lanes.made)) == ["0", "1", "2", "3"]
    (more,) = take(lanes, 1)
    await settled()
    assert len(lanes.made) == 5
    lanes.may.set()
    await warming
    assert sorted(map(str, await taken(*takers, more))) == ["0", "1", "2", "3", "4"]


async def test_above_the_limit_one_waits_until_another_ends(lanes: Lanes) -> None:
    lanes.may.set()
    held = await taken(*take(lanes, 6))
    (late,) = take(lanes, 1)
    await settled()
    assert not late.done()
    lanes.let(held[2])
    assert await taken(late) == [held[2]]
    assert len(lanes.made) == 6


async def test_where_none_can_be_made_the_master_carries_it(lanes: Lanes) -> None:
    lanes.fails = True
    lanes.may.set()
    with pytest.raises(PodferryError):
        await lanes.warm(2)
    assert await taken(*take(lanes, 4)) == [None] * 4


async def test_one_that_died_and_cannot_be_made_again_is_not_lost(lanes: Lanes) -> None:
    lanes.may.set()
    for lane in await taken(*take(lanes, 6)):
        lanes.let(lane)
    lanes.alive_lanes.clear()
    lanes.fails = True
    for _ in range(8):
        with pytest.raises(HostUnreachable):
            await taken(*take(lanes, 1))
    lanes.fails = False
    assert len(set(await taken(*take(lanes, 6)))) == 6


async def test_a_lane_that_failed_takes_no_other_ones_number(lanes: Lanes) -> None:
    first, second = take(lanes, 2)
    await settled()
    first.cancel()
    lanes.may.set()
    assert await taken(second) == [1]
    assert await taken(*take(lanes, 1)) != [1]
