"""Runs between the app's hosts that are not its own: under way elsewhere, or broken off."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from core.errors import PodferryError

if TYPE_CHECKING:
    from core.journal.journal import JournalRun
    from core.podman.engine import Engine
    from tui.app import PodferryApp


class OtherRuns:
    """Has the estate tell of them, and shows the one that matters most."""

    def __init__(self, app: PodferryApp, source: Engine, target: Engine) -> None:
        self._app = app
        self._source = source
        self._target = target
        self._under_way = ""
        self._unfinished: JournalRun | None = None

    async def look(self) -> None:
        """Look for both, and listen to what is under way, so that its end is seen on the estate."""
        from core.attach.watching import watch
        from core.journal.history import newest_unfinished

        hosts = self._source.label, self._target.label
        self._unfinished = await asyncio.to_thread(newest_unfinished, *hosts)
        running = await watch(hosts=hosts)
        self._under_way = running.run_id if running is not None else ""
        unfinished = self._unfinished.id if self._unfinished is not None else ""
        self._app.estate_screen.show_runs(self._under_way, unfinished)
        if running is not None:
            with contextlib.suppress(PodferryError):
                await running.run()
            self._app.estate_screen.look_back()

    async def show(self) -> None:
        """Come back to the run under way, else offer to end the one that was broken off."""
        if self._under_way:
            await self._come_back(self._under_way)
        elif self._unfinished is not None:
            from tui.screens.resume import ResumeScreen

            self._app.push_screen(ResumeScreen(self._unfinished, self._source, self._target))

    async def _come_back(self, run_id: str) -> None:
        from core.attach.watching import watch

        running = await watch(run_id)
        if running is not None:
            await self._app.push_screen_wait(self._app.run_screen(running))
        else:
            self._app.notify(f"Run {run_id} is over.", markup=False)
