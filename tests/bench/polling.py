"""A client that asks a counter on both hosts every 50 ms, and what it saw of a move."""

import asyncio
import contextlib
import threading
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from tests.lab.host import LabHost

EVERY_S = 0.05
PATIENCE_S = 0.5
"""How long one question waits for its answer; the next ones do not wait for it."""
AT_ONCE = 12
"""Most questions that one host has open."""
LONGEST_S = 300
"""The client ends by itself after this, whatever happens."""


@dataclass(frozen=True)
class Answer:
    """One good answer."""

    at_s: float
    """Monotonic time at which it was there."""
    count: int


@dataclass(frozen=True)
class Seen:
    """What the client saw of one move."""

    downtime_s: float
    """From the last good answer of the source to the first one of the target."""
    last: int
    """The last count that the source gave."""
    first: int
    """The first count that the target gave."""
    answers: int
    last_at_s: float
    """Monotonic time of the source's last answer."""
    first_at_s: float
    """Monotonic time of the target's first answer."""


class Client:
    """Polls both hosts from the moment it is entered until it is left."""

    def __init__(self, old: LabHost, new: LabHost, port: int) -> None:
        self._hosts = (old.ip, new.ip)
        self._port = port
        self._answers: dict[str, list[Answer]] = {ip: [] for ip in self._hosts}
        self._asked = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        """Start asking."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop asking."""
        self._stop.set()
        self._thread.join()

    def wait_for_source(self, answers: int, timeout_s: float = 30) -> None:
        """Wait until the source has answered so often."""
        self._wait(self._hosts[0], answers, timeout_s)

    def wait_for_target(self, answers: int, timeout_s: float = 30) -> None:
        """Wait until the target has answered so often."""
        self._wait(self._hosts[1], answers, timeout_s)

    def _wait(self, host: str, answers: int, timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        while len(self._answers[host]) < answers:
            if time.monotonic() > deadline:
                message = f"{host}:{self._port} gave {len(self._answers[host])} answers"
                raise RuntimeError(message)
            time.sleep(0.02)

    def seen(self) -> Seen:
        """What there was to see; raises where it was no move of a live server."""
        source, target = (list(self._answers[ip]) for ip in self._hosts)
        last, first = source[-1], target[0]
        if last.at_s >= first.at_s:
            message = f"both hosts answered at once ({last}, {first})"
            raise RuntimeError(message)
        # Those that were frozen on the way have counted as well, though nobody waited for them.
        if not last.count < first.count <= last.count + self._asked:
            message = f"the counter went from {last.count} to {first.count}"
            raise RuntimeError(message)
        return Seen(
            downtime_s=first.at_s - last.at_s,
            last=last.count,
            first=first.count,
            answers=len(source) + len(target),
            last_at_s=last.at_s,
            first_at_s=first.at_s,
        )

    def _run(self) -> None:
        asyncio.run(self._ask_all())

    async def _ask_all(self) -> None:
        tasks = [asyncio.create_task(self._ask_host(ip)) for ip in self._hosts]
        await asyncio.gather(*tasks)

    async def _ask_host(self, host: str) -> None:
        """Every question is a connection of its own: the address decides, not a kept socket."""
        begun = time.monotonic()
        number = 0
        waiting: set[asyncio.Task[None]] = set()
        while not self._stop.is_set() and time.monotonic() - begun < LONGEST_S:
            if len(waiting) < AT_ONCE:
                self._asked += 1
                task = asyncio.create_task(self._ask(host))
                waiting.add(task)
                task.add_done_callback(waiting.discard)
            number += 1
            await asyncio.sleep(max(0.0, begun + number * EVERY_S - time.monotonic()))
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    async def _ask(self, host: str) -> None:
        with contextlib.suppress(OSError, TimeoutError, ValueError):
            async with asyncio.timeout(PATIENCE_S):
                reader, writer = await asyncio.open_connection(host, self._port)
                try:
                    writer.write(b"GET / HTTP/1.1\r\nHost: lab\r\n\r\n")
                    text = (await reader.read()).decode()
                    count = int(text.rpartition("counter: ")[2])
                    self._answers[host].append(Answer(time.monotonic(), count))
                finally:
                    writer.close()
