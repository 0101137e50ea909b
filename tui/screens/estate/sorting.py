"""The orders in which an estate can be looked at."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Any

from core.podman.model import Item, Kind, State, Usage


class SortKey(StrEnum):
    """What rows are sorted by; `s` goes through them in this order."""

    NAME = "name"
    STATE = "state"
    MEMORY = "memory"
    IMAGE = "image"
    PORTS = "ports"

    @property
    def following(self) -> SortKey:
        """The next one of the cycle."""
        keys = list(SortKey)
        return keys[(keys.index(self) + 1) % len(keys)]


_STATE_ORDER = {
    state: place
    for place, state in enumerate(
        (
            State.DEGRADED,
            State.RUNNING,
            State.PAUSED,
            State.CREATED,
            State.EXITED,
            State.UNKNOWN,
        )
    )
}

_DIGITS = re.compile(r"(\d+)")

_NO_PORT = 1 << 16

_JITTER = 0.03
"""A change of memory by less than this part of it is not shown."""


@lru_cache(maxsize=8192)
def natural(name: str) -> tuple[tuple[int, str], ...]:
    """A key that puts web-2 before web-10."""
    parts = _DIGITS.split(name.lower())
    return tuple((int(p), "") if p.isdecimal() else (0, p) for p in parts if p)


def memory_bytes(item: Item, usage: Mapping[str, Usage]) -> int | None:
    """Memory of all its containers together. None: nothing of it runs, or it is not measured."""
    used = [usage[c.id].memory_bytes for c in item.containers if c.id in usage]
    return sum(used) if used else None


def steady(before: Mapping[str, Usage], now: Mapping[str, Usage]) -> dict[str, Usage]:
    """The newer usage, without changes too small to matter: they would redraw row after row."""
    return {
        container_id: old
        if (old := before.get(container_id)) is not None
        and abs(new.memory_bytes - old.memory_bytes) < old.memory_bytes * _JITTER
        else new
        for container_id, new in now.items()
    }


def sort_items(
    items: list[Item], key: SortKey, usage: Mapping[str, Usage], *, reverse: bool
) -> list[Item]:
    """The items in order; ties by name, and pods before containers when sorted by name."""
    ordered = sorted(items, key=lambda i: natural(i.name))
    if key is SortKey.NAME:
        if reverse:
            ordered.reverse()
        return sorted(ordered, key=lambda i: i.kind is not Kind.POD)
    return sorted(ordered, key=_key_of(key, usage), reverse=reverse)


def _key_of(key: SortKey, usage: Mapping[str, Usage]) -> Callable[[Item], Any]:
    def by_memory(item: Item) -> tuple[bool, int]:
        used = memory_bytes(item, usage)
        return used is None, -(used if used is not None else item.size_bytes or 0)

    keys: dict[SortKey, Callable[[Item], Any]] = {
        SortKey.STATE: lambda i: _STATE_ORDER[i.state],
        SortKey.MEMORY: by_memory,
        SortKey.IMAGE: lambda i: min((c.image for c in i.containers), default=""),
        SortKey.PORTS: lambda i: min((p.host_port for p in i.ports), default=_NO_PORT),
    }
    return keys[key]
