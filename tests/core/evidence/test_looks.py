"""Looks that several share."""

import asyncio
import math
from collections.abc import Collection, Mapping

import pytest

from core.errors import CommandFailed, PodferryError
from core.evidence.looks import Looks
from core.podman.engine import Engine
from core.podman.model import Inspection, Thing
from core.simulated import SimulatedEngine, seed_pair


class Counted:
    """A simulated host that notes what is looked at, and holds each look until it is let."""

    def __init__(self, engine: SimulatedEngine) -> None:
        self._engine = engine
        self.looks: list[set[str]] = []
        self.fails = False
        self.at_work = asyncio.Event()
        self.go_on = asyncio.Event()
        self.go_on.set()

    def __getattr__(self, name: str) -> object:
        return getattr(self._engine, name)

    async def inspect_all(self, thing: Thing, names: Collection[str]) -> Mapping[str, Inspection]:
        self.looks.append(set(names))
        self.at_work.set()
        await self.go_on.wait()
        if self.fails:
            raise CommandFailed("it does not answer", host="old")
        return await self._engine.inspect_all(thing, names)


@pytest.fixture
async def host() -> Counted:
    old, _ = seed_pair()
    await old.connect()
    return Counted(old)


async def ids(host: Counted) -> list[str]:
    """Of some containers."""
    estate = await host._engine.estate()
    return [c.id for item in estate.items for c in item.containers][:6]


def looks_at(host: Counted, expected: Collection[str] = ()) -> Looks:
    engine: Engine = host  # type: ignore[assignment]
    return Looks(engine, expected)


async def test_those_who_ask_at_once_share_a_look_and_get_their_own(host: Counted) -> None:
    some = await ids(host)
    looks = looks_at(host)
    told = await asyncio.gather(*(looks.look([ident]) for ident in some))
    assert host.looks == [set(some)]
    for ident, look in zip(some, told, strict=True):
        assert [seen.id for seen in look.evidence.containers.values()] == [ident]
        assert list(look.inspected) == [ident]


async def test_who_asks_in_the_midst_is_told_what_was_seen_later(host: Counted) -> None:
    first, second, third, *_ = await ids(host)
    looks = looks_at(host)
    host.go_on.clear()
    begun = asyncio.create_task(looks.look([first]))
    await host.at_work.wait()
    later = [asyncio.create_task(looks.look([ident])) for ident in (second, third, first)]
    await asyncio.sleep(0)
    assert len(host.looks) == 1
    host.go_on.set()
    await asyncio.gather(begun, *later)
    assert host.looks == [{first}, {first, second, third}]


async def test_one_that_fails_is_told_to_all_and_the_next_goes_well(host: Counted) -> None:
    some = await ids(host)
    looks = looks_at(host)
    host.fails = True
    told = await asyncio.gather(*(looks.look([i]) for i in some), return_exceptions=True)
    assert {type(error) for error in told} == {CommandFailed}
    assert all(isinstance(error, PodferryError) for error in told)
    host.fails = False
    assert (await looks.look(some[:1])).inspected.keys() == set(some[:1])


async def test_one_who_gives_up_takes_it_from_nobody(host: Counted) -> None:
    first, second, *_ = await ids(host)
    looks = looks_at(host)
    host.go_on.clear()
    gone = asyncio.create_task(looks.look([first]))
    stays = asyncio.create_task(looks.look([second]))
    await host.at_work.wait()
    gone.cancel()
    await asyncio.wait({gone})
    host.go_on.set()
    assert (await stays).inspected.keys() == {second}


async def test_what_is_expected_is_taken_along_and_told_while_it_is_young(
    host: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third, fourth, *_ = some = await ids(host)
    now_s = 100.0
    monkeypatch.setattr("core.evidence.looks.monotonic", lambda: now_s)
    looks = looks_at(host, some)
    await looks.look([first], age_s=10)
    now_s += 9
    assert (await looks.look([second], age_s=10)).inspected.keys() == {second}
    assert host.looks == [set(some)]
    now_s += 1
    assert (await looks.look([third], age_s=10)).inspected.keys() == {third}
    await looks.look([fourth], age_s=10)
    assert host.looks == [set(some), set(some[2:])]


async def test_the_age_is_that_of_the_beginning(
    host: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, *_ = await ids(host)
    now_s = 100.0
    monkeypatch.setattr("core.evidence.looks.monotonic", lambda: now_s)
    looks = looks_at(host, [first, second])
    host.go_on.clear()
    begun = asyncio.create_task(looks.look([first], age_s=10))
    await host.at_work.wait()
    now_s += 11
    late = asyncio.create_task(looks.look([second], age_s=10))
    host.go_on.set()
    await asyncio.gather(begun, late)
    assert host.looks == [{first, second}, {second}]


async def test_one_that_is_under_way_is_young_enough(host: Counted) -> None:
    first, second, third, *_ = await ids(host)
    looks = looks_at(host, [first, second])
    host.go_on.clear()
    begun = asyncio.create_task(looks.look([first], age_s=math.inf))
    await host.at_work.wait()
    # The third is not in it, and the last wants to be told what was seen later.
    asked = ((second, math.inf), (third, math.inf), (first, 0.0))
    later = [asyncio.create_task(looks.look([ident], age_s)) for ident, age_s in asked]
    await asyncio.sleep(0)
    host.go_on.set()
    told = await asyncio.gather(begun, *later)
    assert [set(look.inspected) for look in told] == [{first}, {second}, {third}, {first}]
    assert host.looks == [{first, second}, {third, first}]


async def test_one_that_failed_is_told_to_nobody_later(host: Counted) -> None:
    first, second, *_ = await ids(host)
    looks = looks_at(host, [first, second])
    host.fails = True
    with pytest.raises(CommandFailed):
        await looks.look([first], age_s=math.inf)
    host.fails = False
    assert (await looks.look([second], age_s=math.inf)).inspected.keys() == {second}


async def test_what_is_gone_meanwhile_is_missing(host: Counted) -> None:
    first, second, *_ = await ids(host)
    gone = "0" * 64
    looks = looks_at(host, [first, second, gone])
    await looks.look([first], age_s=math.inf)
    assert (await looks.look([second, gone], age_s=math.inf)).inspected.keys() == {second}
    assert len(host.looks) == 1
