"""Bytes on their way: arrived whole and told so, or a failure with its cause, and no leaks."""

import asyncio
import hashlib
import itertools
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import CommandFailed, TransferFailed
from core.migrate.transfer import Meter, transfer
from tests.core.migrate.streams import Receiver, Sender

ENDLESS = itertools.repeat(b"x" * 65536)


def held() -> tuple[set[str], set[str]]:
    """Pipes and threads of this process, but for those that asyncio keeps for later."""
    links = (fd for fd in Path("/proc/self/fd").iterdir() if fd.exists() or fd.is_symlink())
    pipes = {f"{fd.name} {link}" for fd in links if (link := _link(fd)).startswith("pipe:")}
    threads = {t.name for t in threading.enumerate() if not t.name.startswith("asyncio_")}
    return pipes, threads


def _link(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:
        return ""


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    before = held()
    yield
    assert held() == before


async def test_all_bytes_arrive_and_are_counted() -> None:
    data = os.urandom(3_000_000)
    sender, receiver, meter = Sender([data[:70_000], data[70_000:]]), Receiver(), Meter()
    sent, received = await transfer(sender, receiver, meter)
    assert bytes(receiver.data) == data
    assert sent.sha256 == received.sha256 == hashlib.sha256(data).hexdigest()
    assert meter.done_bytes == len(data)
    assert meter.moved >= meter.started
    assert (sender.aborts, receiver.aborts, sender.ends, receiver.ends) == (0, 0, 1, 1)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.binary(max_size=100_000), max_size=4))
def test_any_bytes_in_any_pieces(chunks: list[bytes]) -> None:
    async def move() -> bytes:
        receiver, meter = Receiver(), Meter()
        await transfer(Sender(chunks), receiver, meter)
        assert meter.done_bytes == len(receiver.data)
        return bytes(receiver.data)

    assert asyncio.run(move()) == b"".join(chunks)


async def test_other_bytes_than_were_sent() -> None:
    sender, receiver = Sender([b"memory of a process"]), Receiver(corrupts=True)
    with pytest.raises(TransferFailed, match="not what was sent"):
        await transfer(sender, receiver, Meter())


async def test_the_senders_failure_is_told_and_the_receiver_aborted() -> None:
    sender, receiver = Sender([b"half"], failure="CRIU said no"), Receiver()
    with pytest.raises(CommandFailed, match="CRIU said no"):
        await transfer(sender, receiver, Meter())
    assert receiver.aborts == 1
    assert receiver.ends == 0


async def test_the_senders_failure_comes_before_the_receivers() -> None:
    sender, receiver = Sender([], failure="CRIU said no"), Receiver(failure="cut archive")
    with pytest.raises(CommandFailed, match="CRIU said no"):
        await transfer(sender, receiver, Meter())
    assert receiver.aborts == 1


async def test_the_receivers_failure_is_told_when_the_sender_did_well() -> None:
    sender, receiver = Sender([b"x" * 300_000]), Receiver(failure="No space left on device")
    with pytest.raises(CommandFailed, match="No space left"):
        await transfer(sender, receiver, Meter())
    assert sender.ends == 1


async def test_a_receiver_that_goes_away_ends_an_endless_sender() -> None:
    sender, receiver = Sender(ENDLESS), Receiver(leaves_after=1_000_000)
    with pytest.raises(CommandFailed, match=r"broken pipe|went away"):
        await transfer(sender, receiver, Meter())
    assert receiver.aborts == 1


async def test_a_receiver_that_goes_away_unread() -> None:
    sender, receiver = Sender([b"small"]), Receiver(leaves_after=0)
    with pytest.raises(CommandFailed, match=r"went away|broken pipe"):
        await transfer(sender, receiver, Meter())


async def test_a_cancelled_transfer_ends_both_streams_and_its_thread() -> None:
    sender, receiver, meter = Sender(ENDLESS), Receiver(), Meter()
    task = asyncio.create_task(transfer(sender, receiver, meter))
    while not meter.done_bytes:  # noqa: ASYNC110 - the pump is a thread
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (sender.aborts, receiver.aborts) == (1, 1)


async def test_a_cancelled_transfer_that_was_stuck() -> None:
    """The receiver takes nothing, the pipes are full, and the pump blocks in the kernel."""
    sender, receiver, meter = Sender(ENDLESS), Receiver(reads=threading.Event()), Meter()
    task = asyncio.create_task(transfer(sender, receiver, meter))
    while not meter.done_bytes:  # noqa: ASYNC110 - the pump is a thread
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (sender.aborts, receiver.aborts) == (1, 1)


async def test_several_at_once_do_not_mix() -> None:
    payloads = [bytes([n]) * 400_000 for n in range(4)]
    receivers = [Receiver() for _ in payloads]
    await asyncio.gather(
        *(transfer(Sender([p]), r, Meter()) for p, r in zip(payloads, receivers, strict=True))
    )
    assert [bytes(r.data) for r in receivers] == payloads
