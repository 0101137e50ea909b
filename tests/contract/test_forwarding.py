"""Published ports that lead nowhere, and mending them."""

from __future__ import annotations

import asyncio
import http.client

import pytest

from core.errors import CommandFailed
from core.podman.engine import Engine
from core.podman.model import Kind, Port
from tests.contract.sides import Side


async def answers(engine: Engine, port: int) -> bool:
    """Whether somebody answers on a port of the host."""
    with await engine.dial("127.0.0.1", port) as link:
        link.settimeout(1)

        def ask() -> bool:
            connection = http.client.HTTPConnection("localhost")
            connection.sock = link
            try:
                connection.request("GET", "/peek")
                return connection.getresponse().status == 200
            except (OSError, http.client.HTTPException):
                return False

        return await asyncio.to_thread(ask)


async def test_a_port_that_leads_nowhere_is_known_and_mended(old: Side) -> None:
    ident = await old.counter("web", port=8080)
    await old.counter("other", port=8081)
    assert await old.engine.dead_ports() == frozenset()
    await old.lose_rule(8080)
    assert not await answers(old.engine, 8080)
    assert await old.engine.dead_ports() == {Port(8080, 8088)}
    await old.engine.reload_network(ident)
    assert await old.engine.dead_ports() == frozenset()
    assert await answers(old.engine, 8080)


async def test_of_a_pod_the_infra_container_has_the_network(old: Side) -> None:
    await old.pod("shop", port=8090)
    ident = await old.counter("a", pod="shop")
    await old.lose_rule(8090)
    with pytest.raises(CommandFailed):
        await old.engine.reload_network(ident)
    assert await old.engine.dead_ports() == {Port(8090, 8088)}
    found = await old.engine.details(ident)
    mode = found.inspection["HostConfig"]["NetworkMode"]
    assert list(found.inspection["NetworkSettings"]["Ports"]) == ["8088/tcp"]
    await old.engine.reload_network(mode.removeprefix("container:"))
    assert await old.engine.dead_ports() == frozenset()
    assert await answers(old.engine, 8090)


async def test_what_does_not_run_has_no_dead_ports(old: Side) -> None:
    ident = await old.counter("web", port=8080)
    await old.lose_rule(8080)
    await old.engine.stop(Kind.CONTAINER, ident)
    assert await old.engine.dead_ports() == frozenset()
    with pytest.raises(CommandFailed):
        await old.engine.reload_network(ident)
