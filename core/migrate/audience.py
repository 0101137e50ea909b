"""Who listens to a run: the runner's own listeners, and those of a run in another process."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable

from core.migrate.events import Event, Progress

Listener = Callable[[Event], None]


class Audience:
    """Listeners, and what the late ones among them have missed."""

    def __init__(self, heard: Iterable[Event] = ()) -> None:
        self.history = list(heard)
        """All events so far but progress, which is soon out of date."""
        self._listeners: list[Listener] = []

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Have a listener hear all events, those of the past first; returns how to end that."""
        for event in self.history:
            listener(event)
        self._listeners.append(listener)

        def unsubscribe() -> None:
            with contextlib.suppress(ValueError):
                self._listeners.remove(listener)

        return unsubscribe

    def tell(self, event: Event) -> None:
        """Tell all of them."""
        if not isinstance(event, Progress):
            self.history.append(event)
        for listener in list(self._listeners):
            listener(event)
