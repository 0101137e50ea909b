"""What passes between a run's process and its watchers, and how it lies on the wire.

A frame is the length of its body in four bytes, and the body: the name of the message and its
fields as JSON. Both ends are of one user and one Podferry, so there is no version to agree on.
"""

from __future__ import annotations

import asyncio
import json
import typing
from dataclasses import dataclass

import msgspec

from core import errors
from core.errors import PodferryError
from core.evidence.watch import Watch
from core.migrate.events import Cancel, Event
from core.plan.model import Plan
from core.podman.real.survey import Survey


@dataclass(frozen=True, slots=True)
class HostRef:
    """A host, and the master connection of whoever asks, for logins that need a person."""

    name: str
    """As the operator calls it."""
    master: str = ""
    """Folder of the master's control socket. Empty: there is none, as for this machine."""
    survey: Survey | None = None
    """What whoever asks has found out about it."""


@dataclass(frozen=True, slots=True)
class Hosts:
    """Told first to a run's process, which reaches them while the plan is still being made."""

    source: HostRef
    target: HostRef


@dataclass(frozen=True, slots=True)
class Order:
    """Told second: begin. The plan may hold secrets, so it goes nowhere but over this stream."""

    run_id: str
    plan: Plan
    jobs: int
    watch: Watch


@dataclass(frozen=True, slots=True)
class Failure:
    """The run could not be begun, or broke off: a PodferryError on the wire."""

    kind: str
    what: str
    host: str
    item: str
    now: str
    todo: str
    detail: str

    @classmethod
    def of(cls, error: PodferryError) -> Failure:
        return cls(
            type(error).__name__,
            error.what,
            error.host,
            error.item,
            error.now,
            error.todo,
            error.detail,
        )

    def error(self) -> PodferryError:
        """The error that it was."""
        kind = getattr(errors, self.kind, None)
        if not (isinstance(kind, type) and issubclass(kind, PodferryError)):
            kind = PodferryError
        return kind(self.what, self.host, self.item, self.now, self.todo, self.detail)


Message = Event | Failure | Hosts | Order | Cancel
_TYPES: dict[str, type[Message]] = {kind.__name__: kind for kind in typing.get_args(Message)}
_LENGTH_BYTES = 4


def encode(message: Message) -> bytes:
    """A message as a frame."""
    # The standard library's JSON takes any text, also such as no encoding has.
    body = json.dumps([type(message).__name__, msgspec.to_builtins(message)]).encode()
    return len(body).to_bytes(_LENGTH_BYTES) + body


def decode(body: bytes) -> Message:
    """The message in a frame's body. Raises ValueError if it is none."""
    try:
        name, fields = json.loads(body)
        return msgspec.convert(fields, _TYPES[name])
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"no message: {error}") from None


async def receive(reader: asyncio.StreamReader) -> Message | None:
    """The next message; None: the other end is gone, also if it went in mid-frame."""
    try:
        length = int.from_bytes(await reader.readexactly(_LENGTH_BYTES))
        body = await reader.readexactly(length)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    return decode(body)
