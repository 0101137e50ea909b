"""What one end of the wire says is what the other end hears, to the letter."""

import asyncio
import typing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.attach.messages import Failure, Message, decode, encode, receive
from core.errors import HostUnreachable, PodferryError, UsageError
from core.migrate.events import Note
from core.podman.model import HostInfo

TYPES = typing.get_args(Message)
# The rest of its fields have defaults: to make up all of them takes longer than all else here.
st.register_type_strategy(
    HostInfo, st.builds(HostInfo, criu_options=st.dictionaries(st.text(), st.text()))
)


async def said(*frames: bytes) -> list[Message]:
    """What is heard of these bytes up to their end."""
    reader = asyncio.StreamReader()
    reader.feed_data(b"".join(frames))
    reader.feed_eof()
    return [message async for message in _all(reader)]


async def _all(reader: asyncio.StreamReader) -> typing.AsyncIterator[Message]:
    while (message := await receive(reader)) is not None:
        yield message


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.__name__)
def test_every_message_arrives_as_it_left(kind: type[Message]) -> None:
    @given(st.from_type(kind))
    def arrives(message: Message) -> None:
        body = encode(message)[4:]
        told = decode(body)
        assert type(told) is kind
        # What is no number is not equal to itself.
        assert told == message or "nan" in repr(message)

    arrives()


def test_text_that_no_encoding_has_arrives() -> None:
    note = Note("web", "\udcff \ud800 \x00 \x1b \u2028 größe")
    assert decode(encode(note)[4:]) == note


async def test_a_message_larger_than_any_buffer_arrives() -> None:
    notes = [Note("web", "x" * 3_000_000), Note("db", "")]
    assert await said(*map(encode, notes)) == notes


@pytest.mark.parametrize("length", [0, 1, 3, 4, 5, 20])
async def test_a_frame_that_is_cut_is_the_end(length: int) -> None:
    whole = encode(Note("web", "text"))
    assert await said(whole, whole[:length]) == [Note("web", "text")]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"7",
        b"\xff\xfe",
        b'["Note"]',
        b'["Note", {}]',
        b'["Note", {"item": 1, "text": ""}]',
        b'["Journal", {}]',
        b'[["Note"], {}]',
        b'["os.system", "true"]',
    ],
)
def test_what_is_no_message_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match="no message"):
        decode(body)


@pytest.mark.parametrize("kind", [PodferryError, HostUnreachable, UsageError])
def test_an_error_stays_what_it_was(kind: type[PodferryError]) -> None:
    error = kind("what", "host", "item", "now", "todo", "detail")
    told = decode(encode(Failure.of(error))[4:])
    assert isinstance(told, Failure)
    assert type(told.error()) is kind
    assert str(told.error()) == str(error)


@pytest.mark.parametrize("name", ["dataclass", "annotations", "NoSuchError", "Exception", ""])
def test_an_error_of_no_known_kind_is_one_all_the_same(name: str) -> None:
    failure = Failure(name, "what", "", "", "", "", "")
    assert type(failure.error()) is PodferryError
