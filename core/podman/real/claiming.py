"""Holding claims on a host: who asks for them, a sign of life now and then, and their loss."""

from __future__ import annotations

import asyncio
import contextlib
import getpass
import os
import socket
from urllib.parse import quote

from core.hosts.process import ByteProcess, Completed

LAPSE_S = 180
"""A holder that hears nothing of its owner for so long gives up its claims."""
_BEAT_S = 20
_TAKE_S = 30
"""The host tries for 10 s to take over from a holder that is dead."""
_END_S = 5


class Holder:
    """A process on the host that holds the claims of one run."""

    def __init__(self, process: ByteProcess) -> None:
        self.lost = False
        """See Claim."""
        self.claims = 0
        """Those that are wanted of it."""
        self._process = process
        self._asking = asyncio.Lock()
        self._beating = asyncio.create_task(self._beat())

    async def take(self, name: str) -> str:
        """Try to claim a name; `claimed`, or by whom it is held. Empty: there was no answer."""
        return await self._ask("take", name, _TAKE_S)

    async def leave(self, name: str) -> None:
        """Let go of a name, if it was claimed."""
        await self._ask("leave", name, _END_S)

    async def _ask(self, what: str, name: str, deadline_s: float) -> str:
        name = quote(name, safe="")
        async with self._asking:
            self._tell(f"{what} {name}")
            # What was asked by somebody who was cancelled meanwhile is answered before.
            while line := await self._process.next_line(deadline_s):
                about, _, answer = line.partition(" ")
                if about == name:
                    return answer
            await self.end()
            return ""

    def _tell(self, line: str) -> None:
        with contextlib.suppress(OSError):
            os.write(self._process.fd, f"{line}\n".encode())

    async def _beat(self) -> None:
        ended = asyncio.create_task(self._process.ended())
        try:
            while not (await asyncio.wait({ended}, timeout=_BEAT_S))[0]:
                self._tell(".")
            self.lost = True
        finally:
            ended.cancel()

    async def end(self) -> Completed:
        """Let go of all that it holds; safe to repeat."""
        self.lost = True
        self._beating.cancel()
        return await self._process.wait(_END_S)


def myself() -> str:
    """Who holds a claim, for those who meet it: user and machine."""
    return f"{getpass.getuser()}@{socket.gethostname()}"
