"""Questions to an API socket: a real one that answers badly, or not at all."""

import asyncio
import http.server
import json
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import CommandFailed, HostUnreachable
from core.podman.model import Change, Thing
from core.podman.real.observer import Observer

EVENTS = (
    b'{"Action":"start","Type":"container","Actor":{"ID":"ab","Attributes":{"name":"web"}}}\n'
    b"\n"
    b'{"status":"remove","id":"cd"}\n'
)
ANSWERS = {
    "/libpod/containers/web/json": (200, b'{"Id": "ab"}'),
    "/libpod/containers/a%2Fb%20%3F/json": (200, b'{"Id": "hostile"}'),
    "/libpod/containers/list/json": (200, b"[]"),
    "/libpod/networks/gone/json": (404, b'{"message": "no such network"}'),
    "/libpod/volumes/bad/json": (500, b'{"cause": "disk", "message": "boom: disk"}'),
    "/libpod/volumes/worse/json": (500, b"<html>"),
    "/libpod/pods/cut/json": (200, b'{"Id": '),
}


class Handler(http.server.BaseHTTPRequestHandler):
    events = EVENTS
    events_status = 200

    def do_GET(self) -> None:
        path = "/" + self.path.split("?")[0].split("/", 2)[2]
        if path == "/libpod/events":
            status, body = self.events_status, self.events
        else:
            status, body = ANSWERS.get(path, (404, b"{}"))
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        pass

    def address_string(self) -> str:
        return "unix"


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


@pytest.fixture
def socket_path(tmp_path: Path) -> Iterator[str]:
    path = str(tmp_path / "api")
    with Server(path, Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield path
        server.shutdown()
        thread.join()


@pytest.fixture
def observer(socket_path: str) -> Iterator[Observer]:
    made = Observer("old", socket_path)
    yield made
    made.close()


async def until_broken(observer: Observer) -> list[Change]:
    """All changes until the stream breaks, which it must."""
    seen: list[Change] = []
    try:
        async for change in observer.changes():
            seen += [change]
    except HostUnreachable:
        return seen
    pytest.fail("the end of the stream was not told")


async def test_inspecting(observer: Observer) -> None:
    assert await observer.inspect(Thing.CONTAINER, "web") == {"Id": "ab"}
    assert await observer.inspect(Thing.NETWORK, "gone") is None
    assert await observer.inspect(Thing.CONTAINER, "list") is None


async def test_a_hostile_name_stays_one_part_of_the_path(observer: Observer) -> None:
    assert await observer.inspect(Thing.CONTAINER, "a/b ?") == {"Id": "hostile"}


@pytest.mark.parametrize("name,detail", [("bad", "disk"), ("worse", "<html>")])
async def test_an_error_is_told_with_its_cause(observer: Observer, name: str, detail: str) -> None:
    with pytest.raises(CommandFailed) as raised:
        await observer.inspect(Thing.VOLUME, name)
    assert (raised.value.host, raised.value.detail) == ("old", detail)


async def test_an_answer_that_is_cut(observer: Observer) -> None:
    with pytest.raises(HostUnreachable):
        await observer.inspect(Thing.POD, "cut")


async def test_events_until_the_stream_ends(observer: Observer) -> None:
    assert await until_broken(observer) == [
        Change("start", "ab", "web"),
        Change("remove", "cd", ""),
    ]


@pytest.mark.parametrize("line", [b"garbage\n", b"[1]\n", b"5\n"])
async def test_events_that_are_none_end_the_stream(
    observer: Observer, line: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Handler, "events", EVENTS + line)
    assert len(await until_broken(observer)) == 2


async def test_events_that_are_refused(observer: Observer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Handler, "events_status", 500)
    monkeypatch.setattr(Handler, "events", json.dumps({"cause": "no"}).encode())
    with pytest.raises(HostUnreachable):
        await anext(observer.changes())


async def test_nobody_listens(tmp_path: Path) -> None:
    observer = Observer("old", str(tmp_path / "missing"))
    with pytest.raises(HostUnreachable) as told:
        await observer.inspect(Thing.CONTAINER, "web")
    assert told.value.detail == "No such file or directory"
    with pytest.raises(HostUnreachable):
        await anext(observer.changes())
    observer.close()


@pytest.mark.parametrize("said, podman", [(b"OK", True), (b"hello", False)])
async def test_whether_podman_answers(
    observer: Observer, said: bytes, podman: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ANSWERS, "/libpod/_ping", (200, said))
    assert await observer.answers() is podman


async def test_what_answers_is_not_podman(observer: Observer) -> None:
    with pytest.raises(CommandFailed):
        await observer.answers()


async def test_after_close(observer: Observer) -> None:
    observer.close()
    with pytest.raises(HostUnreachable):
        await observer.get("/version")
    with pytest.raises(HostUnreachable):
        await anext(observer.changes())


async def test_closing_ends_a_stream_that_is_silent(tmp_path: Path) -> None:
    connected = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        await writer.drain()
        connected.set()

    path = str(tmp_path / "api")
    server = await asyncio.start_unix_server(silent, path)
    observer = Observer("old", path)
    waiting = asyncio.ensure_future(anext(observer.changes()))
    await connected.wait()
    while not observer._stops:  # noqa: ASYNC110 - nothing tells that the reader has begun
        await asyncio.sleep(0)
    observer.close()
    with pytest.raises(HostUnreachable):
        await waiting
    server.close()
