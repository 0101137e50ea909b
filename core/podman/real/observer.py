"""Looking at a host through podman-py, over a Unix socket of this machine.

Only PodmanClient and its `.api` are used (requests with Podman's prefix); each thread has a
client of its own, and long-lived streams have one without a timeout (podman-py's default kills
an events stream). It is loaded by the first thread that needs it, as it takes a third of a second:
rows are shown before. What it raises is an OSError (as all of requests is).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

from core.errors import CommandFailed, HostUnreachable
from core.podman.model import Change, Thing

_TIMEOUT_S = 60
_THREADS = 4
_NOT_FOUND = 404
_LOADING = threading.Lock()

_PATHS = {
    Thing.CONTAINER: "/containers/{}/json",
    Thing.POD: "/pods/{}/json",
    Thing.IMAGE: "/images/{}/json",
    Thing.NETWORK: "/networks/{}/json",
    Thing.VOLUME: "/volumes/{}/json",
}


class Observer:
    """Questions to one Podman API socket."""

    def __init__(self, label: str, socket: str) -> None:
        self._label = label
        self._url = f"http+unix://{quote(socket, safe='')}"
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="podman-api")
        self._local = threading.local()
        self._stops: set[Callable[[], None]] = set()

    def close(self) -> None:
        """Stop the streams and the threads."""
        for stop in list(self._stops):
            stop()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _client(self) -> Any:
        if not hasattr(self._local, "client"):
            self._local.client = self._new_client(_TIMEOUT_S)
        return self._local.client

    def _new_client(self, timeout_s: float | None) -> Any:
        return _podman_client()(base_url=self._url, timeout=timeout_s)

    async def answers(self) -> bool:
        """Whether Podman listens there. For its version it looks up that of all that it uses."""
        return await self.text("/_ping") == "OK"

    async def get(self, path: str, **params: Any) -> Any:
        """The JSON of a libpod path; None where Podman says 404."""
        return await self._ask(path, params, lambda response: response.json())

    async def text(self, path: str, **params: Any) -> str:
        """What a libpod path gives that is no JSON. Raises CommandFailed where Podman says 404."""
        found = await self._ask(path, params, lambda response: response.text)
        if found is None:
            raise CommandFailed("Podman's API knows no such thing", host=self._label)
        return str(found)

    async def _ask(self, path: str, params: Mapping[str, Any], read: Callable[[Any], Any]) -> Any:
        def work() -> Any:
            response = self._client().api.get(path, params=_plain(params))
            if response.status_code == _NOT_FOUND:
                return None
            if not response.ok:
                raise CommandFailed(
                    "Podman's API answers with an error",
                    host=self._label,
                    detail=_cause(response.text),
                )
            return read(response)

        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        except (OSError, ValueError, RuntimeError) as error:
            raise self._broken(error) from error

    def _broken(self, error: Exception) -> HostUnreachable:
        return HostUnreachable(
            "Podman's API socket does not answer",
            host=self._label,
            detail=_root_cause(error)[:300],
            todo="Press r to reconnect, or run the command again.",
        )

    async def inspect(self, thing: Thing, name: str) -> Mapping[str, Any] | None:
        """What podman inspect says of one thing; None if there is none."""
        found = await self.get(_PATHS[thing].format(quote(name, safe="")))
        return found if isinstance(found, dict) else None

    async def changes(self) -> AsyncIterator[Change]:
        """Container and pod events from now on."""
        loop = asyncio.get_running_loop()
        queue: asyncio.Queue[Change | None] = asyncio.Queue(maxsize=10_000)
        filters = json.dumps({"type": ["container", "pod"]})

        def ask() -> Any:
            return self._new_client(None).api.get(
                "/events", params={"stream": "true", "filters": filters}, stream=True
            )

        try:
            response = await loop.run_in_executor(self._pool, ask)
            response.raise_for_status()
        except (OSError, ValueError, RuntimeError) as error:
            raise self._broken(error) from error

        def put(change: Change | None) -> None:
            with contextlib.suppress(asyncio.QueueFull):
                queue.put_nowait(change)

        def read() -> None:
            with contextlib.suppress(Exception):
                for line in response.iter_lines():
                    if line:
                        change = _change(json.loads(line))
                        loop.call_soon_threadsafe(put, change)
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(put, None)

        def stop() -> None:
            # Closing the response from another thread blocks until the next event; this does not.
            with contextlib.suppress(Exception):
                response.raw.shutdown()

        thread = threading.Thread(target=read, name="podman-events", daemon=True)
        thread.start()
        self._stops.add(stop)
        try:
            while (change := await queue.get()) is not None:
                yield change
            raise HostUnreachable("the stream of Podman's events ended", host=self._label)
        finally:
            self._stops.discard(stop)
            stop()


def _podman_client() -> Any:
    """podman-py's client, loaded without the rich that it has for bars of progress: 0.1 s less."""
    with _LOADING:
        bars = "rich.progress"
        if absent := bars not in sys.modules:
            sys.modules[bars] = None  # type: ignore[assignment]  # An import of it fails.
        try:
            from podman import PodmanClient
        finally:
            if absent:
                del sys.modules[bars]
    return PodmanClient


def _plain(params: Mapping[str, Any]) -> dict[str, str]:
    return {
        key: json.dumps(value) if isinstance(value, bool | dict) else str(value)
        for key, value in params.items()
    }


def _root_cause(error: BaseException) -> str:
    """What it began with: what wraps it tells of URLs that the operator never saw."""
    while (below := error.__cause__ or error.__context__) is not None:
        error = below
    return getattr(error, "strerror", None) or str(error)


def _cause(text: str) -> str:
    with contextlib.suppress(ValueError):
        found = json.loads(text)
        if isinstance(found, dict):
            return str(found.get("cause") or found.get("message") or text)[:500]
    return text[:500]


def _change(event: Mapping[str, Any]) -> Change:
    actor = event.get("Actor") or {}
    attributes = actor.get("Attributes") or {}
    return Change(
        action=str(event.get("Action") or event.get("status") or ""),
        id=str(actor.get("ID") or event.get("id") or ""),
        name=str(attributes.get("name") or ""),
    )
