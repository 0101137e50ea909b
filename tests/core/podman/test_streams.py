"""Streams of a host's commands: real local processes, and what they tell at their end."""

import asyncio
import hashlib
import os

import pytest

from core.errors import CommandFailed, DeadlineExceeded
from core.hosts.address import Address
from core.hosts.process import ByteProcess, Completed, Direction
from core.hosts.transport import LocalTransport
from core.podman.real import scripts
from core.podman.real.streams import HostStream
from core.podman.streams import Receipt


async def open_stream(script: str, *args: str, direction: Direction = Direction.FROM) -> HostStream:
    transport = LocalTransport(Address("local"))
    stream = await ByteProcess.spawn(["sh", "-c", script, "podferry", *args], direction)
    return HostStream(
        transport, stream, what="`test`", deadline_s=60, record=lambda done, words: None
    )


def read_all(fd: int) -> bytes:
    with os.fdopen(os.dup(fd), "rb") as reader:
        return reader.read()


async def test_sending_tells_the_digest_of_what_was_sent() -> None:
    stream = await open_stream(scripts.SEND, "printf", "%s", "a b")
    assert await asyncio.to_thread(read_all, stream.fd) == b"a b"
    assert (await stream.finish()).sha256 == hashlib.sha256(b"a b").hexdigest()


async def test_taking_tells_the_digest_of_what_arrived_and_the_answer() -> None:
    stream = await open_stream(scripts.TAKE, "wc", "-c", direction=Direction.TO)
    os.write(stream.fd, b"a b")
    receipt = await stream.finish()
    assert (receipt.sha256, receipt.value) == (hashlib.sha256(b"a b").hexdigest(), "3")


@pytest.mark.parametrize("script", [scripts.SEND, scripts.TAKE])
async def test_a_failing_command_gives_no_digest(script: str) -> None:
    direction = Direction.FROM if script == scripts.SEND else Direction.TO
    stream = await open_stream(script, "sh", "-c", "echo why >&2; exit 3", direction=direction)
    with pytest.raises(CommandFailed) as raised:
        await stream.finish()
    assert "why" in raised.value.detail
    assert raised.value.host == "local"


async def test_without_a_digest_nothing_is_believed() -> None:
    stream = await open_stream("exit 0")
    with pytest.raises(CommandFailed):
        await stream.finish()


async def test_the_last_word_counts_when_a_command_speaks_like_the_script() -> None:
    stream = await open_stream(
        scripts.SEND, "sh", "-c", f"echo podferry-digest {'0' * 64} >&2; printf x"
    )
    assert await asyncio.to_thread(read_all, stream.fd) == b"x"
    assert (await stream.finish()).sha256 == hashlib.sha256(b"x").hexdigest()


async def test_a_deadline_is_told() -> None:
    stream = await open_stream("exec sleep 1000")
    stream._deadline_s = 0
    with pytest.raises(DeadlineExceeded):
        await stream.finish()


async def test_what_is_checked_afterwards_decides() -> None:
    async def verify(receipt: Receipt) -> Receipt:
        raise CommandFailed("another ID")

    stream = await open_stream(scripts.SEND, "true")
    stream._verify = verify
    with pytest.raises(CommandFailed, match="another ID"):
        await stream.finish()


async def test_the_record_has_the_words_without_the_trailers() -> None:
    heard: list[tuple[Completed, str]] = []
    stream = await open_stream(scripts.SEND, "sh", "-c", "echo words >&2")
    stream._record = lambda done, words: heard.append((done, words))
    await stream.finish()
    ((done, words),) = heard
    assert (done.exit_code, words) == (0, "words")


async def test_abort_ends_the_command() -> None:
    stream = await open_stream("exec sleep 1000")
    await stream.abort()
    await stream.abort()
    assert stream._stream._process.returncode == -9
