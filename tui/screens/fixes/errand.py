"""The line of a screen that says what is under way and what came of it: one thing at a time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from textual.message import Message
from textual.worker import Worker

from core.errors import PodferryError
from tui.screens.fixes.screen import FixScreen
from tui.widgets.bar import Bar
from tui.widgets.text import one_line
from tui.widgets.words import escape

Act = Callable[[], Awaitable[object]]
"""What an errand does. What it returns, unless None, is said at its end."""


class Errand(Bar):
    """Runs what takes its time; the screen hears when one begins and when it ends."""

    DEFAULT_CSS = """
    Errand { padding: 0 1; }
    """

    class Changed(Message):
        """Something is under way now, or no more."""

    class _Ended(Message):
        def __init__(self, told: str, *, failed: bool) -> None:
            super().__init__()
            self.told = told
            self.failed = failed

    def __init__(self, id: str | None = None) -> None:  # noqa: A002 Textual's name
        super().__init__(id=id)
        self.busy = ""
        """What is under way; empty: nothing is."""
        self.changing = False
        """What is under way changes a host: the screen must not be left before its end."""
        self._worker: Worker[None] | None = None

    def say(self, text: str, style: str = "$text-muted") -> None:
        """Say something."""
        self.show((escape(text), style))

    def refuse(self) -> bool:
        """Whether a host is being changed, which is then said."""
        if self.changing:
            self.say(f"not yet: {self.busy}")
        return self.changing

    def begin(self, doing: str, act: Act, *, changing: bool = False) -> None:
        """Run an errand, unless a host is being changed; a look gives way."""
        if self.refuse():
            return
        if self._worker is not None:
            self._worker.cancel()
        self.busy, self.changing = doing, changing
        self.say("")
        self.post_message(self.Changed())
        self._worker = self.run_worker(self._run(act), group="errand", exit_on_error=False)

    def ask(self, question: FixScreen, title: str, act: Act) -> None:
        """Run an errand that changes a host, if the operator agrees."""

        def answered(agreed: bool | None) -> None:
            if agreed:
                self.begin(f"{title} ...", act, changing=True)
            else:
                self.say("nothing was done")

        if not self.refuse():
            self.app.push_screen(question, answered)

    async def _run(self, act: Act) -> None:
        try:
            told, failed = await act(), False
        except PodferryError as error:
            told, failed = one_line(str(error)), True
        except Exception as error:
            told, failed = f"a defect of Podferry: {type(error).__name__}: {error}", True
        self.post_message(self._Ended(str(told or ""), failed=failed))

    def on_errand__ended(self, message: _Ended) -> None:
        message.stop()
        self.busy, self.changing, self._worker = "", False, None
        self.say(message.told, "bold $text-error" if message.failed else "$text-muted")
        self.post_message(self.Changed())
