"""Bytes from one stream to another, as simply as can be."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Awaitable, Callable

import pytest

from core.errors import CommandFailed
from core.podman.options import CheckpointOptions, RestoreOptions
from core.podman.streams import Incoming, Outgoing, Receipt
from tests.contract.sides import Side

CHUNK = 64 * 1024
TRIES = 6


async def carry(outgoing: Outgoing, incoming: Incoming) -> tuple[Receipt, Receipt]:
    """Copy all bytes and finish both streams."""

    def copy() -> tuple[str, bool]:
        digest = hashlib.sha256()
        try:
            while chunk := os.read(outgoing.fd, CHUNK):
                digest.update(chunk)
                write(incoming.fd, chunk)
        except BrokenPipeError:
            return "", True
        return digest.hexdigest(), False

    seen, refused = await asyncio.to_thread(copy)
    if refused:
        await outgoing.abort()
        await incoming.finish()
        pytest.fail("the receiver closed its end and says that all is well")
    sent = await outgoing.finish()
    received = await incoming.finish()
    assert seen == sent.sha256
    return sent, received


def write(fd: int, data: bytes) -> None:
    """Write all of it."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(fd, rest) :]


async def read_some(outgoing: Outgoing, size: int = 512) -> bytes:
    """The first bytes of a stream."""
    return await asyncio.to_thread(os.read, outgoing.fd, size)


async def dump(
    old: Side, new: Side, container_id: str, archive: str, *, makes: bool = False
) -> tuple[Receipt, Receipt]:
    """Dump a container into an archive on the other host; connections in flight are waited out."""
    early = (RestoreOptions(runtime="crun"), container_id) if makes else ()

    async def once() -> tuple[Receipt, Receipt]:
        outgoing = await old.engine.checkpoint(container_id, CheckpointOptions())
        incoming = await new.engine.receive_checkpoint(archive, *early)
        try:
            return await carry(outgoing, incoming)
        except CommandFailed:
            await incoming.abort()
            await new.engine.discard(archive)
            raise

    return await _retried(once)


async def _retried(
    once: Callable[[], Awaitable[tuple[Receipt, Receipt]]],
) -> tuple[Receipt, Receipt]:
    for _ in range(TRIES - 1):
        try:
            return await once()
        except CommandFailed as failure:
            if "In-flight" not in failure.detail:
                raise
    return await once()
