"""What the screen needs of the thing that looks at both hosts and changes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from core.checks.model import Fix, On
from core.checks.verdicts import Report
from core.podman.model import Route
from tui.screens.run.entries import Entry


class PreflightFeed(Protocol):
    """Both hosts, as they were seen last."""

    @property
    def hosts(self) -> Mapping[On, str]:
        """What the operator calls them."""
        ...

    @property
    def log(self) -> Sequence[Entry]:
        """What was done so far, and the commands that it took."""
        ...

    @property
    def last_fix(self) -> Fix | None:
        """The last one that can be taken back."""
        ...

    def report(self, marks: Mapping[str, Route], /) -> Report | None:
        """What the checks say of what was seen last. None: nothing was seen yet."""
        ...

    async def look_again(self) -> None:
        """See how both hosts are now. Raises PodferryError."""
        ...

    async def fix(self, fix: Fix, /) -> None:
        """Carry a fix out. Raises PodferryError."""
        ...

    async def take_back(self, fix: Fix, /) -> None:
        """Undo a fix. Raises PodferryError."""
        ...

    async def try_canary(self) -> str:
        """Really move a throwaway container; what came of it, which the report has as well."""
        ...
