"""The wire format of protocol buffers, as far as CRIU's images need it: fields by number.

What a number means is known to whoever asks (CRIU: images/*.proto). Nothing nested is taken apart
unless it is asked for, so that no depth of it can do harm.
"""

from __future__ import annotations

from dataclasses import dataclass

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_WIDTH = {_FIXED64: 8, _FIXED32: 4}
_MOST_FIELDS = 200_000


class Damaged(ValueError):
    """Bytes that are not what they ought to be; its text says what is wrong."""


@dataclass(frozen=True, slots=True)
class Message:
    """The fields of a message: whole numbers and bytes, in the order in which they came."""

    fields: dict[int, list[int | bytes]]

    def number(self, field: int, default: int = 0) -> int:
        """The last value of a field that is a number. Raises Damaged when it is none."""
        values = self.numbers(field)
        return values[-1] if values else default

    def numbers(self, field: int) -> list[int]:
        """All values of a field that is a number, packed into bytes or not."""
        found: list[int] = []
        for value in self.fields.get(field, ()):
            if isinstance(value, int):
                found.append(value)
                continue
            at = 0
            while at < len(value):
                number, at = _varint(value, at)
                found.append(number)
        return found

    def data(self, field: int) -> bytes:
        """The last value of a field that is bytes. Raises Damaged when it is none."""
        values = self.fields.get(field)
        if not values:
            return b""
        if isinstance(values[-1], int):
            raise Damaged(f"field {field} is a number")
        return values[-1]

    def text(self, field: int) -> str:
        """The same as text: what is no UTF-8 keeps its bytes, escaped."""
        return self.data(field).decode(errors="surrogateescape")

    def message(self, field: int) -> Message | None:
        """The message in a field, or None. Raises Damaged when it is none."""
        return parse(self.data(field)) if field in self.fields else None


def parse(data: bytes) -> Message:
    """Take one message apart. Raises Damaged."""
    fields: dict[int, list[int | bytes]] = {}
    at = count = 0
    while at < len(data):
        count += 1
        if count > _MOST_FIELDS:
            raise Damaged("a record has far too many fields")
        key, at = _varint(data, at)
        kind = key & 7
        value: int | bytes
        if kind == _VARINT:
            value, at = _varint(data, at)
        elif kind == _BYTES:
            size, at = _varint(data, at)
            value, at = _taken(data, at, size)
        elif kind in _WIDTH:
            raw, at = _taken(data, at, _WIDTH[kind])
            value = int.from_bytes(raw, "little")
        else:
            raise Damaged(f"a field has the type {kind}, which there is not")
        fields.setdefault(key >> 3, []).append(value)
    return Message(fields)


def _taken(data: bytes, at: int, size: int) -> tuple[bytes, int]:
    if size > len(data) - at:
        raise Damaged("a field is longer than its record")
    return data[at : at + size], at + size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while shift < 70:
        if at >= len(data):
            raise Damaged("a record ends in the middle of a number")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & (2**64 - 1), at
        shift += 7
    raise Damaged("a number is too long")
