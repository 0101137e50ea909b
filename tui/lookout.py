"""What was seen of both hosts last, and the one way to look again and to change them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

from core.checks.model import Finding, Fix, On
from core.errors import PodferryError, UsageError
from core.podman.engine import Engine
from core.podman.model import HostInfo, Route, State, StoreState
from core.podman.outcomes import CommandRecord

if TYPE_CHECKING:
    from core.checks.facts import Facts
    from core.checks.verdicts import Report
    from core.migrate.canary import CanaryResult
    from tui.screens.run.entries import Entry

SETTLE_S = 1.0
"""After a change of an estate, before both hosts are looked at: changes come in flocks."""


class Lookout:
    """Looks at one time only; whoever asks while it looks gets a look of their own behind it."""

    def __init__(
        self, source: Engine, target: Engine | None, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._source = source
        self._target = target
        self._engines = {On.SOURCE: source}
        if target is not None:
            self._engines[On.TARGET] = target
        self._clock = clock
        self._facts: Facts | None = None
        self._reported: tuple[Mapping[str, Route], Report] | None = None
        self._one_at_a_time = asyncio.Lock()
        self._stale = asyncio.Event()
        self._wanted = asyncio.Event()
        self._wanted.set()
        self._done: list[Fix] = []
        self.log: tuple[Entry, ...] = ()
        """What was done so far, and the commands that it took."""
        self._canary: CanaryResult | None = None
        """How the last one from the source to the target went."""
        self.canaries: dict[On, Finding] = {}
        """How the last one on a host alone went."""
        self.error: Exception | None = None
        """Why the last look failed."""

    @property
    def hosts(self) -> Mapping[On, str]:
        """What the operator calls them."""
        return {on: engine.label for on, engine in self._engines.items()}

    def info(self, on: On) -> HostInfo:
        """What a host is like. Raises HostUnreachable when it is not connected."""
        return self._engines[on].info

    async def store(self, on: On) -> StoreState:
        """What of a host's store is copied on write. Raises PodferryError."""
        return await self._engines[on].store()

    async def running(self, on: On) -> tuple[str, ...]:
        """Names of the containers that run on a host. Raises PodferryError."""
        estate = await self._engines[on].estate()
        return tuple(c.name for i in estate.items for c in i.containers if c.state is State.RUNNING)

    @property
    def last_fix(self) -> Fix | None:
        """The last one that can be taken back."""
        return next((fix for fix in reversed(self._done) if fix.undo), None)

    def report(self, marks: Mapping[str, Route]) -> Report | None:
        """What the checks say of what was seen last. None: nothing was seen yet."""
        if self._facts is None:
            return None
        from core.checks.verdicts import look

        if self._reported is None or self._reported[0] != marks:
            self._reported = dict(marks), self.weigh(look(self._facts, marks))
        return self._reported[1]

    def weigh(self, report: Report) -> Report:
        """The report, with what the last canary proved in place of what versions suggest."""
        if self._canary is None:
            return report
        from core.migrate.proof import outranked

        return outranked(report, self._canary)

    async def look_again(self) -> None:
        """See how both hosts are now. Raises PodferryError; UsageError without a target."""
        if self._target is None:
            raise UsageError("there is no target", todo="Start podferry with two hosts.")
        from core.checks.survey import survey

        async with self._one_at_a_time:
            self._stale.clear()
            try:
                self._facts = await survey(self._source, self._target)
            except Exception as error:
                self.error = error
                raise
            self._reported, self.error = None, None

    # In the background.

    def stale(self) -> None:
        """What was seen is no longer so: look soon."""
        self._stale.set()

    def rest(self) -> None:
        """Look no more by itself, until `wake`."""
        self._wanted.clear()

    def wake(self) -> None:
        """Look by itself again."""
        self._wanted.set()

    async def watch(self, seen: Callable[[], object]) -> None:
        """Look whenever what was seen is stale, and tell so; until cancelled."""
        while self._target is not None:
            await self._stale.wait()
            await asyncio.sleep(SETTLE_S)
            await self._wanted.wait()
            if not self._stale.is_set():
                continue
            try:
                await self.look_again()
            except Exception:
                # The panes tell of hosts that are lost; a defect is told where one asks for a look.
                self._stale.clear()
            seen()

    # Changing the hosts.

    async def fix(self, fix: Fix) -> None:
        """Carry a fix out. Raises PodferryError."""
        async with self._changing(fix.title):
            from core.migrate.fixing import carry_out

            await carry_out(fix, self._source, self._target)
        self._done.append(fix)

    async def take_back(self, fix: Fix) -> None:
        """Undo a fix. Raises PodferryError."""
        async with self._changing(f"take back: {fix.title}"):
            from core.migrate.fixing import take_back

            await take_back(fix, self._source, self._target)
        if fix in self._done:
            self._done.remove(fix)

    @asynccontextmanager
    async def _changing(self, title: str) -> AsyncIterator[None]:
        """Log the commands that run inside, and how it ended; what was known is known no more."""
        self.stale()
        self._canary, self._reported = None, None
        self.canaries.clear()
        try:
            with self._recorded():
                yield
        except PodferryError as error:
            self._remark("failed", f"{title}: {error}", bad=True)
            raise
        else:
            self._remark("done", title)

    @contextmanager
    def _recorded(self) -> Iterator[None]:
        """Keep the commands that run inside."""
        for engine in self._engines.values():
            engine.on_command = self._ran
        try:
            yield
        finally:
            for engine in self._engines.values():
                engine.on_command = None

    def _ran(self, record: CommandRecord) -> None:
        from tui.screens.run.entries import Command

        self.log = (*self.log, Command(record.started_s + record.seconds, record))

    def _remark(self, word: str, text: str, *, bad: bool = False) -> None:
        from tui.screens.run.entries import Remark

        self.log = (*self.log, Remark(self._clock(), "", word, text, bad=bad))

    async def try_canary(self, on: On | None = None) -> str:
        """Really move a throwaway container, or checkpoint and restore it on one host.

        What came of it in a line.
        """
        from core.migrate.canary import canary
        from core.migrate.proof import finding

        source = self._source if on is None else self._engines[on]
        with self._recorded():
            result = await canary(source, self._target if on is None else None)
        if on is None:
            self._canary, self._reported = result, None
        else:
            self.canaries[on] = finding(result)
        told = finding(result)
        for line in (told.what, *(f"left behind: {what}" for what in result.left)):
            self._remark("canary", line, bad=not result.ok)
        return told.cause or told.what
