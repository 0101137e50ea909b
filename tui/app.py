"""The app: it joins the screens, and knows nothing of what is on them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from textual import on, work

from core.errors import PodferryError
from core.podman.engine import Engine
from core.podman.model import Route
from tui.config import DEFAULTS, Config
from tui.keep_errands import KeepErrands
from tui.messages import (
    HOSTS_ASKED,
    GoAsked,
    KeepAsked,
    RestoreAsked,
    ResumeAsked,
    RunsAsked,
    SettleAsked,
    Settled,
    VerifyAsked,
)
from tui.other_runs import OtherRuns
from tui.screens.estate.screen import EstateScreen
from tui.screens.estate.watcher import NO_LISTINGS, Listings
from tui.screens.fixes.errand import Errand
from tui.themed_app import ThemedApp
from tui.widgets.confirm import ConfirmScreen

if TYPE_CHECKING:
    from core.plan.model import Plan
    from tui.screens.run.feed import RunFeed
    from tui.screens.run.screen import RunScreen

    Carrier = Callable[[Plan, int], Awaitable[RunFeed]]
    """Has a plan carried out, so many items at once."""

_CHANGING = "A host is being changed. Quit in the midst of it?"


class PodferryApp(ThemedApp):
    """Two hosts, the estates on them, and at most one run at a time."""

    def __init__(
        self,
        source: Engine,
        target: Engine | None,
        *,
        demo: bool = False,
        jobs: int = 4,
        carry: Carrier | None = None,
        first: Listings = NO_LISTINGS,
        config: Config = DEFAULTS,
    ) -> None:
        """`carry` has plans carried out, by default in this process.

        `first` has listings that are under way, by the hosts' labels.
        """
        super().__init__(config)
        self._source = source
        self._target = target
        self._carry = carry
        self._jobs = jobs
        self._demo = demo
        self._shown_run: RunScreen | None = None
        """The last one."""
        if demo:
            self.sub_title = "demo: simulated hosts"
        self.estate_screen = EstateScreen(source, target, demo=demo, first=first)
        self._errands = KeepErrands(self, self.estate_screen.show_busy)
        self._others: OtherRuns | None = None
        """Of the demo nobody else knows."""
        if target is not None and not demo:
            self._others = OtherRuns(self, source, target)

    def on_mount(self) -> None:
        self.push_screen(self.estate_screen)

    @on(RunsAsked)
    def _on_runs_asked(self) -> None:
        if self._others is not None:
            self.run_worker(self._others.look(), group="others", exclusive=True)

    @on(ResumeAsked)
    def _on_resume(self) -> None:
        if self._others is not None:
            self.run_worker(self._others.show(), group="other run", exclusive=True)

    @property
    def shown_run_id(self) -> str:
        """The last one's, also when the estate is shown again: that is where it led to."""
        return self._shown_run.state.run_id if self._shown_run else ""

    @on(GoAsked)
    def _on_go(self, message: GoAsked) -> None:
        self._go(message.marks)

    @work(exclusive=True, group="go", exit_on_error=True)
    async def _go(self, marks: Mapping[str, Route]) -> None:
        """From marks to a plan, and from a plan that the operator agrees to to a run."""
        if self._target is None:
            return
        # Not needed for the first rows, so not loaded for them.
        from core.checks.survey import complete, survey
        from core.migrate.events import Outcome
        from core.plan.planner import make_plan
        from tui.screens.plan import PlanScreen

        self.estate_screen.show_busy("Looking at both hosts for the plan ...")
        try:
            facts = await complete(
                await survey(self._source, self._target, only=marks), self._source, marks
            )
        except PodferryError as error:
            self.notify(str(error), title="No plan", severity="error", markup=False, timeout=15)
            return
        finally:
            self.estate_screen.show_busy("")
        plan = make_plan(facts, marks, self.estate_screen.lookout.weigh)
        if not await self.push_screen_wait(PlanScreen(plan)):
            return
        try:
            screen = await self._run_screen(plan)
        except PodferryError as error:
            self.notify(str(error), title="No run", severity="error", markup=False, timeout=15)
            return
        results = await self.push_screen_wait(screen)
        moved = [r.name for r in results or () if r.outcome is Outcome.MOVED]
        self.estate_screen.unmark_names(moved)

    async def _run_screen(self, plan: Plan) -> RunScreen:
        """The screen that begins a run when it is shown."""
        from core.migrate.runner import Runner

        feed: RunFeed
        if self._carry is not None:
            feed = await self._carry(plan, self._jobs)
        else:
            hosts = {engine.label: engine for engine in (self._source, self._target) if engine}
            feed = Runner(plan, hosts[plan.source], hosts[plan.target], jobs=self._jobs)
        return self.run_screen(feed)

    def run_screen(self, feed: RunFeed) -> RunScreen:
        """The screen of a run, which is the one shown from now on."""
        from tui.screens.run.screen import RunScreen

        self._shown_run = RunScreen(feed)
        return self._shown_run

    @on(VerifyAsked)
    def _on_verify(self, message: VerifyAsked) -> None:
        self._verify(message.run_id)

    @work(exclusive=True, group="verify", exit_on_error=True)
    async def _verify(self, run_id: str) -> None:
        """Show the evidence of a run, or of the newest between these hosts."""
        from core.journal.history import newest_between
        from tui.screens.verify import VerifyScreen

        if self._target is None:
            return
        hosts = self._source.label, self._target.label
        found = run_id or await asyncio.to_thread(newest_between, *hosts)
        if found:
            self.push_screen(VerifyScreen(found, self._source, self._target))
        else:
            self.notify("No run between these hosts is known.", markup=False)

    @on(SettleAsked)
    def _on_settle(self, message: SettleAsked) -> None:
        self._settle(message)

    @work(exclusive=True, group="settle", exit_on_error=True)
    async def _settle(self, asked: SettleAsked) -> None:
        """Accept or roll back what has moved, if the operator agrees."""
        if self._target is None:
            return
        from tui.settling import Settling

        try:
            busy = self.estate_screen.show_busy
            await Settling(self, self._source, self._target, self._run_screen, busy).settle(asked)
        except PodferryError as error:
            self.notify(str(error), title="Not settled", severity="error", markup=False, timeout=15)
        self.estate_screen.look_back()
        self.screen.post_message(Settled())

    @on(KeepAsked)
    def _on_keep(self, message: KeepAsked) -> None:
        self.run_worker(self._errands.keep(message), group="keep")

    @on(RestoreAsked)
    def _on_restore(self, message: RestoreAsked) -> None:
        work = self._errands.restore(message.path, self.estate_screen.active_engine)
        self.run_worker(work, group="restore")

    async def action_quit(self) -> None:
        """Leave; while something is under way, only after asking."""
        self._leave(0)

    def action_hosts(self) -> None:
        """Leave to be opened on other hosts; while something is under way, only after asking."""
        self._leave(HOSTS_ASKED)

    def _leave(self, result: int) -> None:
        errands = (e for screen in self.screen_stack for e in screen.query(Errand))
        if self._shown_run is not None and not self._shown_run.over:
            self._shown_run.ask_to_leave()
        elif not self._errands.busy and not any(errand.changing for errand in errands):
            self.exit(result)
        elif not isinstance(self.screen, ConfirmScreen):

            def answered(agreed: bool | None) -> None:
                if agreed:
                    self.exit(result)

            self.push_screen(ConfirmScreen(_CHANGING), answered)
