"""Painting at most so often: what is asked for in between is painted once."""

from __future__ import annotations

import time
from collections.abc import Callable

from textual.message_pump import MessagePump
from textual.timer import Timer


class Throttle:
    """Calls at once when the last call is long enough ago, else as soon as it is."""

    def __init__(self, pump: MessagePump, interval_s: float, call: Callable[[], None]) -> None:
        self._pump = pump
        self._interval_s = interval_s
        self._call = call
        self._called_s = float("-inf")
        self._timer: Timer | None = None

    def ask(self) -> None:
        """Have it called soon."""
        if self._timer is not None:
            return
        wait_s = self._called_s + self._interval_s - time.monotonic()
        if wait_s > 0:
            self._timer = self._pump.set_timer(wait_s, self._go)
        else:
            self._go()

    def _go(self) -> None:
        self._timer = None
        self._called_s = time.monotonic()
        self._call()
