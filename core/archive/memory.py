"""Command lines, found in the dumped memory of the processes.

The kernel keeps arguments and environment on a process's stack; `mm` images say at which addresses,
`pagemap` images which page is where in a `pages` image. Only those pages are read.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from core.archive import images
from core.archive.images import PAGE_BYTES, Span
from core.archive.tarwalk import Entry

_MOST_ARGUMENT_BYTES = 16 * 1024
_MOST_ARGUMENT_BYTES_IN_ALL = 256 * 1024
_MOST_ENVIRONMENT_BYTES = 256 * 1024
_MOST_PAGES = 4096
"""Of all processes together."""


@dataclass(slots=True)
class _Own:
    """What is known of one process's memory."""

    arguments: Span
    environment: Span
    pages_id: int = 0
    offsets: dict[int, int] = field(default_factory=dict)
    """Where in the `pages` image a page is, by its address."""


class Memory:
    """Collects, while an archive is read, the pages that hold command lines."""

    def __init__(self) -> None:
        self._own: dict[int, _Own] = {}
        self._pages: dict[tuple[int, int], bytes] = {}
        self._count = 0
        self.bytes: dict[int, int] = {}
        """Of each process's memory that was dumped, by PID."""

    def add_mm(self, pid: int, data: bytes) -> None:
        """An `mm` image, which has to come before the `pagemap`. Raises Damaged."""
        arguments, environment = images.argument_spans(data)
        self._own[pid] = _Own(arguments, environment)

    def add_pagemap(self, pid: int, data: bytes) -> None:
        """A `pagemap` image, which has to come before the `pages`. Raises Damaged."""
        pages_id, regions = images.pagemap(data)
        own = self._own.get(pid)
        spans = []
        if own:
            own.pages_id = pages_id
            spans = [
                _bounded(own.arguments, _MOST_ARGUMENT_BYTES),
                _bounded(own.environment, _MOST_ENVIRONMENT_BYTES),
            ]
        found = 0
        for region in regions:
            if region.offset < 0:
                continue
            found += region.pages * PAGE_BYTES
            end = region.start + region.pages * PAGE_BYTES
            for span in spans:
                first = max(span.start // PAGE_BYTES * PAGE_BYTES, region.start)
                for address in range(first, min(span.end, end), PAGE_BYTES):
                    self._want(pid, address, region.offset + address - region.start)
        self.bytes[pid] = found

    def _want(self, pid: int, address: int, offset: int) -> None:
        if self._count < _MOST_PAGES and address not in self._own[pid].offsets:
            self._count += 1
            self._own[pid].offsets[address] = offset

    def take(self, pages_id: int, entry: Entry) -> None:
        """Read what is wanted of a `pages` image. Raises Damaged when the archive ends in it."""
        wanted = sorted(
            {
                offset
                for own in self._own.values()
                if own.pages_id == pages_id
                for offset in own.offsets.values()
            }
        )
        at = 0
        for offset in wanted:
            if offset < at or offset + PAGE_BYTES > entry.size:
                continue
            entry.skip(offset - at)
            self._pages[pages_id, offset] = entry.read(PAGE_BYTES)
            at = offset + PAGE_BYTES

    def arguments(self) -> dict[int, tuple[str, ...]]:
        """What the processes were called with, by PID, as far as it was found."""
        found: dict[int, tuple[str, ...]] = {}
        room = _MOST_ARGUMENT_BYTES_IN_ALL
        for pid, own in self._own.items():
            data = self._data(own, _bounded(own.arguments, min(room, _MOST_ARGUMENT_BYTES)))
            if data:
                room -= len(data)
                words = data.removesuffix(b"\0").split(b"\0")
                found[pid] = tuple(word.decode(errors="surrogateescape") for word in words)
        return found

    def environments(self) -> dict[int, int]:
        """How many variables the processes have, by PID, as far as they were found."""
        found = {}
        for pid, own in self._own.items():
            if own.environment.end - own.environment.start > _MOST_ENVIRONMENT_BYTES:
                continue
            data = self._data(own, own.environment)
            if data is not None:
                found[pid] = sum(1 for part in data.split(b"\0") if b"=" in part)
        return found

    def _data(self, own: _Own, span: Span) -> bytes | None:
        """The bytes of a span; None if one of its pages is not there."""
        if span.end < span.start:
            return None
        first = span.start // PAGE_BYTES * PAGE_BYTES
        parts = []
        for address in range(first, span.end, PAGE_BYTES):
            page = self._pages.get((own.pages_id, own.offsets.get(address, -1)))
            if page is None:
                return None
            parts.append(page)
        return b"".join(parts)[span.start - first : span.end - first]


def _bounded(span: Span, most_bytes: int) -> Span:
    return Span(span.start, min(span.end, span.start + most_bytes))
