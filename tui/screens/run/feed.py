"""What the screen of a run needs of the thing that carries the run out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from core.migrate.events import Cancel, Event, ItemResult
from core.plan.model import Plan


class RunFeed(Protocol):
    """A run, told of by events from its first one on, up to the end of `run`."""

    @property
    def outlives(self) -> bool:
        """Whether it goes on when this process ends."""
        ...

    @property
    def run_id(self) -> str:
        """The name of the run in the journal."""
        ...

    @property
    def plan(self) -> Plan:
        """What the run carries out."""
        ...

    def subscribe(self, callback: Callable[[Event], None], /) -> Callable[[], None]:
        """Call back on the event loop for each event, earlier ones first; returns the end of it."""
        ...

    def tell(self, command: Cancel, /) -> None:
        """Ask for a change of course; what comes of it is seen in the events."""
        ...

    async def run(self) -> tuple[ItemResult, ...]:
        """Carry the plan out to its end, or see it carried out."""
        ...
