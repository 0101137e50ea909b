"""Bytes on their way from one host to another, and the receipts for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Receipt:
    """What went through a stream, as its host saw it."""

    sha256: str
    """Hex digest of all bytes, computed on that host."""
    value: str = ""
    """What the receiving host calls the result: an archive's folder, an image ID."""


class Outgoing(Protocol):
    """Bytes that leave a host: read `fd` to its end, then `finish`."""

    @property
    def fd(self) -> int:
        """Readable, blocking file descriptor; owned by the stream."""
        ...

    async def finish(self) -> Receipt:
        """Wait for the sending command. Raises CommandFailed when it failed."""
        ...

    async def abort(self) -> None:
        """Stop the sending command and close the descriptor; safe at any time, twice too."""
        ...


class Incoming(Protocol):
    """Bytes that arrive at a host: write `fd`, then `finish`, which closes it first."""

    @property
    def fd(self) -> int:
        """Writable, blocking file descriptor; owned by the stream."""
        ...

    async def finish(self) -> Receipt:
        """Close `fd` and wait for the receiving command. Raises CommandFailed when it failed."""
        ...

    async def abort(self) -> None:
        """Stop the receiving command; what it had stored is deleted."""
        ...
