"""Evidence is gathered alike on both engines."""

from __future__ import annotations

import asyncio
import contextlib
import socket

import pytest

from core.errors import CommandFailed, PodferryError
from core.podman.model import Kind, Thing
from tests.contract.sides import Side


async def test_the_processes_of_a_container_are_told(old: Side) -> None:
    ident = await old.counter("web")
    other = await old.counter("other")
    traces = await old.engine.traces([ident])
    assert set(traces) == {ident}
    (process,) = traces[ident].processes
    assert process.name == "counter"
    assert process.argv[0] == "/bin/counter"
    assert process.lives
    assert 0 <= process.age_s < 600
    assert traces[ident].memory_bytes > 0
    assert set(await old.engine.traces([ident, other])) == {ident, other}
    assert await old.engine.traces([]) == {}
    assert await old.engine.traces(["0" * 64]) == {}


async def test_listening_sockets_are_told_of_those_that_have_them(old: Side) -> None:
    holds = {"lock": "/tmp/lock", "deleted": "/tmp/ghost"}
    single = await old.holder("holder", **holds, port=9100)
    await old.pod("shop")
    member = await old.holder("shop-holder", **holds, port=9200, pod="shop")
    other = await old.holder("shop-other", **holds, port=9300, pod="shop")
    traces = await old.engine.traces([single, member, other])
    assert {ident: told.listening for ident, told in traces.items()} == {
        single: ("127.0.0.1:9100",),
        member: ("127.0.0.1:9200",),
        other: ("127.0.0.1:9300",),
    }
    inside = await old.engine.inside([single, member, other])
    assert {i: seen.listening for i, seen in inside.items()} == {
        i: told.listening for i, told in traces.items()
    }


async def test_what_is_stopped_has_no_processes(old: Side) -> None:
    ident = await old.counter("web")
    await old.engine.stop(Kind.CONTAINER, "web")
    assert await old.engine.traces([ident]) == {}


async def test_files_of_a_volume_are_digested(old: Side) -> None:
    await old.volume("data", {"f": "one", "deep/er/g": "two", " odd [name]": "three"})
    seen = await old.engine.digests(Thing.VOLUME, "data")
    assert {path: file.size_bytes for path, file in seen.items()} == {
        "f": 3,
        "deep/er/g": 3,
        " odd [name]": 5,
    }
    assert seen["f"].digest == "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"
    await old.write("data", {"f": "two"})
    again = await old.engine.digests(Thing.VOLUME, "data", ["f", "gone", "../../../etc/passwd"])
    assert again["f"].digest == seen["deep/er/g"].digest
    assert {path for path, file in again.items() if file.digest} == set(seen)


async def test_a_volume_that_is_not_there_is_no_evidence(old: Side) -> None:
    with pytest.raises(PodferryError):
        await old.engine.digests(Thing.VOLUME, "none")


async def test_a_container_answers_and_no_shell_reads_what_it_is_asked(old: Side) -> None:
    ident = await old.counter("web")
    assert (await old.engine.ask(ident, ["true"])).exit_code == 0
    missing = await old.engine.ask(ident, ["no-such-program; true"])
    assert missing.exit_code == 127
    assert "no-such-program; true" in missing.output


async def test_a_file_that_is_not_there_cannot_be_read(old: Side) -> None:
    ident = await old.counter("web")
    with pytest.raises(CommandFailed):
        await old.engine.read_file(ident, "/no/such/file")


async def test_a_published_port_is_dialled_from_the_host(old: Side) -> None:
    await old.counter("web", port=8080)
    assert await _get(old, 8080, "/peek") == "counter: 0"
    assert await _get(old, 8080, "/") == "counter: 0"
    assert await _get(old, 8080, "/peek") == "counter: 1"


async def test_a_port_that_nobody_has_says_nothing(old: Side) -> None:
    heard = ""
    with contextlib.suppress(CommandFailed):
        heard = await _get(old, 8099, "/peek")
    assert heard == ""


async def _get(side: Side, port: int, path: str) -> str:
    link = await side.engine.dial("127.0.0.1", port)
    return await asyncio.to_thread(_talk, link, path)


def _talk(link: socket.socket, path: str) -> str:
    link.settimeout(10)
    heard = b""
    with link:
        try:
            link.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            while part := link.recv(4096):
                heard += part
        except ConnectionError:
            return ""
    return heard.decode().rpartition("\r\n")[2].strip()
