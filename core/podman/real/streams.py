"""Byte streams of a host's commands, with the digest that the host computed."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable

from core.errors import CommandFailed, DeadlineExceeded
from core.hosts.process import ByteProcess, Completed
from core.hosts.transport import Transport
from core.podman.real.words import last_words
from core.podman.streams import Receipt

_TRAILER = re.compile(r"^podferry-(digest|value) (.*)$", re.MULTILINE)


class HostStream:
    """One command's byte stream: Outgoing if its stdout is read, else Incoming."""

    def __init__(
        self,
        transport: Transport,
        stream: ByteProcess,
        *,
        what: str,
        deadline_s: float,
        record: Callable[[Completed, str], None],
        verify: Callable[[Receipt], Awaitable[Receipt]] | None = None,
    ) -> None:
        self._transport = transport
        self._stream = stream
        self._what = what
        self._deadline_s = deadline_s
        self._record = record
        self._verify = verify

    @property
    def fd(self) -> int:
        """The descriptor to read or write."""
        return self._stream.fd

    async def finish(self) -> Receipt:
        """Wait for the command and read what it tells at its end."""
        done = await self._stream.wait(self._deadline_s)
        told = dict(_TRAILER.findall(done.stderr))
        words = _TRAILER.sub("", done.stderr).strip()
        self._record(done, words)
        if failure := self._transport.failure(done):
            raise failure
        label = self._transport.label
        if done.exit_code is None:
            raise DeadlineExceeded(
                f"{self._what} did not end within {self._deadline_s:.0f} s", host=label
            )
        if done.exit_code != 0 or "digest" not in told:
            raise CommandFailed(f"{self._what} failed", host=label, detail=last_words(words))
        receipt = Receipt(
            sha256=told["digest"].strip(),
            value=told.get("value", "").strip() or done.stdout.decode(errors="replace").strip(),
        )
        return await self._verify(receipt) if self._verify else receipt

    async def abort(self) -> None:
        """Kill the command; its script deletes what it had stored."""
        await asyncio.shield(self._stream.abort())
