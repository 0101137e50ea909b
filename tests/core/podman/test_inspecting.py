"""Inspecting several things, by the API or by a process of podman."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from core.errors import CommandFailed
from core.hosts.process import Completed
from core.podman.model import Thing
from core.podman.real import RealEngine

WEB = {"Id": "a" * 64, "Name": "web"}


class Host:
    """Both ways to ask, and how often each was gone."""

    def __init__(self, *, api_fails: bool = False) -> None:
        self.asked: list[str] = []
        self._api_fails = api_fails

    async def inspect(self, thing: Thing, name: str) -> Mapping[str, Any] | None:
        self.asked.append("api")
        if self._api_fails and name == "gone":
            raise CommandFailed("layer not known", host="old")
        return WEB if name == "web" else None

    async def look(self, argv: Sequence[str]) -> Completed:
        self.asked.append("podman")
        found = [WEB] if "web" in argv else []
        return Completed(125, json.dumps(found).encode(), "no such container", 0, 0)


def engine_on(host: Host, monkeypatch: pytest.MonkeyPatch) -> RealEngine:
    monkeypatch.setattr(RealEngine, "_looker", host)
    monkeypatch.setattr(RealEngine, "_look", staticmethod(host.look))
    return RealEngine.__new__(RealEngine)


async def test_a_few_are_asked_for_by_the_api(monkeypatch: pytest.MonkeyPatch) -> None:
    host = Host()
    engine = engine_on(host, monkeypatch)
    assert await engine.inspect_all(Thing.CONTAINER, ["web", "gone"]) == {"web": WEB}
    assert host.asked == ["api", "api"]


async def test_many_are_asked_for_by_few_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    host = Host()
    engine = engine_on(host, monkeypatch)
    many = ["web", *(f"n{number}" for number in range(70))]
    assert await engine.inspect_all(Thing.CONTAINER, many) == {"web": WEB}
    assert host.asked == ["podman", "podman"]


async def test_one_that_is_removed_meanwhile_hides_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    host = Host(api_fails=True)
    engine = engine_on(host, monkeypatch)
    assert await engine.inspect_all(Thing.CONTAINER, ["web", "gone"]) == {"web": WEB}
    assert host.asked[-1] == "podman"
