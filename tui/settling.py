"""Accepting and rolling back from the app: what is asked, what is done, and what came of it."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any

from textual.app import App

from core.journal.journal import Journal, JournalItem
from core.migrate.events import ItemResult
from core.migrate.rollback import Way
from core.migrate.settle import Settlement, accept_items, choose, offers, roll_back
from core.plan.model import Plan
from core.podman.engine import Engine
from tui.messages import Decision, SettleAsked
from tui.screens.run.screen import RunScreen
from tui.screens.settle.screen import RollbackScreen
from tui.widgets.confirm import ConfirmScreen
from tui.widgets.words import escape


class Settling:
    """One decision of the operator, carried out."""

    def __init__(
        self,
        app: App[Any],
        source: Engine,
        target: Engine,
        show: Callable[[Plan], Awaitable[RunScreen]],
        busy: Callable[[str], None],
    ) -> None:
        """`show` makes the screen of a run; `busy` is told what is waited for, and its end."""
        self._app = app
        self._source = source
        self._target = target
        self._show = show
        self._busy = busy

    async def settle(self, asked: SettleAsked) -> None:
        """Ask, and settle the items of each run. Raises PodferryError."""
        for run in dict.fromkeys(asked.items.values()):
            names = [name for name, its in asked.items.items() if its == run]
            journal = Journal.open(run)
            try:
                act = self._accept if asked.decision is Decision.ACCEPT else self._roll_back
                self._tell(asked.decision, await act(names, journal))
            finally:
                journal.close()

    async def _accept(self, names: Sequence[str], journal: Journal) -> list[Settlement]:
        items = choose(await journal.read(), names, Decision.ACCEPT)
        host = self._source.label
        question = f"{', '.join(names)}: delete the stopped copies on {host}? Named volumes stay."
        if not await self._app.push_screen_wait(ConfirmScreen(escape(question))):
            return []
        with self._waiting(f"Accepting {', '.join(names)} ..."):
            results = await accept_items(items, journal, self._source, self._target)
        return await self._insisted(results, items, journal)

    async def _insisted(
        self, results: list[Settlement], items: Sequence[JournalItem], journal: Journal
    ) -> list[Settlement]:
        """The same once the operator has said of each that lacks evidence whether it goes too."""
        told = []
        for result, item in zip(results, items, strict=True):
            again = [result]
            if result.unverified:
                asked = f"{result.name}: {result.reason}\nDelete that copy all the same?"
                question = "\n".join(map(escape, asked.splitlines()))
                if await self._app.push_screen_wait(ConfirmScreen(question)):
                    again = await accept_items(
                        [item], journal, self._source, self._target, unverified=True
                    )
            told += again
        return told

    async def _roll_back(self, names: Sequence[str], journal: Journal) -> list[Settlement]:
        run = await journal.read()
        items = choose(run, names, Decision.ROLL_BACK)
        with self._waiting(f"Looking how {', '.join(names)} can come back ..."):
            found = {
                way: await offers(
                    run, items, self._source, self._target, way if way is Way.OLD_STATE else None
                )
                for way in Way
            }
        question = RollbackScreen(self._source.label, found[Way.LIVE], found[Way.OLD_STATE])
        way = await self._app.push_screen_wait(question)
        if way is None:
            return []
        with self._waiting(f"Bringing {', '.join(names)} back ..."):
            return await roll_back(found[way], journal, self._source, self._target, self._conduct)

    @contextlib.contextmanager
    def _waiting(self, what: str) -> Iterator[None]:
        self._busy(what)
        try:
            yield
        finally:
            self._busy("")

    async def _conduct(self, plan: Plan) -> tuple[str, tuple[ItemResult, ...]]:
        """Show the way back; its end is not waited for on the screen."""
        screen = await self._show(plan)
        await self._app.push_screen(screen)
        return screen.state.run_id, await screen.ended()

    def _tell(self, decision: Decision, results: Sequence[Settlement]) -> None:
        done = "accepted" if decision is Decision.ACCEPT else f"back on {self._source.label}"
        for result in results:
            where = f"It runs on {result.runs_on}." if result.runs_on else ""
            told = [done, result.reason] if result.done else [result.reason, where]
            self._app.notify(
                f"{result.name}: " + "\n".join(filter(None, told)),
                severity="information" if result.done else "error",
                timeout=6 if result.done else 15,
                markup=False,
            )
