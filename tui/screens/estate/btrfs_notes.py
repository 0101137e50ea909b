"""Of which hosts on copy-on-write btrfs the operator has heard, and of which no more is wanted."""

from __future__ import annotations

from collections.abc import Iterable

from core.checks.model import On


class BtrfsNotes:
    """For one session."""

    def __init__(self) -> None:
        self.ignored: frozenset[On] = frozenset()
        self._told: frozenset[On] = frozenset()

    def first_time(self, hosts: Iterable[On]) -> list[On]:
        """Those that the operator has not been told of; they count as told from now on."""
        new = [on for on in hosts if on not in self._told]
        self._told = self._told.union(new)
        return new

    def ignore(self, hosts: Iterable[On]) -> None:
        """Say no more of these hosts."""
        self.ignored = self.ignored.union(hosts)
