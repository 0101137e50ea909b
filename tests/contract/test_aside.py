"""Room is made in a volume, and what it held comes back as it was."""

from __future__ import annotations

import pytest

from core.errors import NoSuchItem
from tests.contract.copying import carry
from tests.contract.sides import Side

BEFORE = {"a": "1", "deep/b c": "2"}


async def test_what_is_set_aside_comes_back(old: Side, new: Side, note: str) -> None:
    await new.volume("data", BEFORE)
    await old.volume("data", {"new": "3"})
    for _ in range(2):
        await new.engine.set_aside_volume("data")
        assert await new.files("data") == {}
    await carry(
        await old.engine.last_pass("data", note), await new.engine.take_last_pass("data", note)
    )
    assert await new.files("data") == {"new": "3"}
    for _ in range(2):
        await new.engine.bring_back_volume("data")
        assert await new.files("data") == BEFORE


async def test_what_is_dropped_never_comes_back(new: Side) -> None:
    await new.volume("data", BEFORE)
    await new.engine.set_aside_volume("data")
    for _ in range(2):
        await new.engine.drop_aside("data")
        await new.engine.bring_back_volume("data")
        assert await new.files("data") == {}


async def test_a_volume_goes_with_what_was_set_aside(new: Side) -> None:
    await new.volume("data", BEFORE)
    await new.engine.set_aside_volume("data")
    await new.engine.remove_volume("data")
    await new.volume("data", {"c": "3"})
    await new.engine.bring_back_volume("data")
    assert await new.files("data") == {"c": "3"}


async def test_nobodys_volume(new: Side) -> None:
    for verb in (new.engine.set_aside_volume, new.engine.bring_back_volume, new.engine.drop_aside):
        with pytest.raises(NoSuchItem):
            await verb("nobody's")
