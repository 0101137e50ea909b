"""Holding a claim on a host: a sign of life now and then, and noticing when it is lost."""

from __future__ import annotations

import asyncio
import contextlib
import getpass
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from core.hosts.process import ByteProcess

LAPSE_S = 180
"""A claim whose owner was not heard of for so long is given up by its holder on the host."""
_BEAT_S = 20


class HeldClaim:
    """A claim that a process on the host holds."""

    def __init__(self) -> None:
        self.lost = False
        """See Claim."""


@asynccontextmanager
async def kept(holder: ByteProcess) -> AsyncIterator[HeldClaim]:
    """Give signs of life to the holder of a claim meanwhile."""
    claim = HeldClaim()
    beating = asyncio.create_task(_beat(holder, claim))
    try:
        yield claim
    finally:
        beating.cancel()


async def _beat(holder: ByteProcess, claim: HeldClaim) -> None:
    ended = asyncio.create_task(holder.ended())
    try:
        while not (await asyncio.wait({ended}, timeout=_BEAT_S))[0]:
            with contextlib.suppress(BrokenPipeError):
                os.write(holder.fd, b".\n")
        claim.lost = True
    finally:
        ended.cancel()


def myself() -> str:
    """Who holds a claim, for those who meet it: user and machine."""
    return f"{getpass.getuser()}@{socket.gethostname()}"
