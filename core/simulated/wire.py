"""What happens to the bytes of one stream on their way."""

from __future__ import annotations

from core.simulated.faults import Action, Cut, Fail, Flip, Hang, NoSpace, Truncate

NO_SPACE = "no space left on device"


class Stalled(Exception):
    """Nothing moves any more."""


class Severed(Exception):
    """The connection breaks at this byte."""


class Unplugged(Severed):
    """The connection was cut elsewhere."""


class Died(Exception):
    """The command ended with an error."""


class Wire:
    """Carries chunks until the fault's byte, and then does what the fault says."""

    def __init__(self, fault: Action | None = None) -> None:
        self._fault = fault
        self._at = 0

    def carry(self, chunk: bytes) -> tuple[bytes, Exception | None]:
        """What arrives of a chunk, and how the stream ends behind it, if it does."""
        start, self._at = self._at, self._at + len(chunk)
        match self._fault:
            case Flip(at_byte=at) if start <= at < self._at:
                flipped = bytearray(chunk)
                flipped[at - start] ^= 1
                return bytes(flipped), None
            case Truncate(after_bytes=limit):
                return chunk[: max(0, limit - start)], None
            case (
                Fail(after_bytes=limit)
                | NoSpace(after_bytes=limit)
                | Cut(after_bytes=limit)
                | Hang(after_bytes=limit)
            ) if self._at > limit:
                return chunk[: limit - start], self._end()
            case _:
                return chunk, None

    def _end(self) -> Exception:
        match self._fault:
            case Hang(reached=reached):
                if reached:
                    reached()
                return Stalled()
            case Cut():
                return Severed()
            case Fail(text=text):
                return Died(text)
            case _:
                return Died(f"Error: write: {NO_SPACE}")
