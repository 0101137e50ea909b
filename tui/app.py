"""The app: it joins the screens, and knows nothing of what is on them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import partial
from typing import ClassVar

from textual import on, work
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from core.errors import PodferryError
from core.podman.engine import Engine
from core.podman.model import Route
from tui.messages import GoAsked
from tui.screens.estate.screen import EstateScreen
from tui.theme import FULL, theme_for
from tui.widgets.confirm import ConfirmScreen


class PodferryApp(App[int]):
    """Two hosts, the estates on them, and at most one run at a time."""

    TITLE = "Podferry"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q,ctrl+c", "quit", "Quit", show=False, priority=True),
        Binding(
            "ctrl+p",
            "command_palette",
            "All commands",
            show=False,
            priority=True,
            group=Binding.Group("Moving on"),
        ),
    ]
    CSS = """
    Toast { padding: 0 1; margin: 0; }
    """

    def __init__(
        self, source: Engine, target: Engine | None, *, demo: bool = False, jobs: int = 4
    ) -> None:
        # Without colour only the terminal's own theme leaves reverse video to work with.
        no_color = "NO_COLOR" in os.environ
        super().__init__(ansi_color=True if no_color else None)
        self._source = source
        self._target = target
        self._jobs = jobs
        self._demo = demo
        self._busy = ""
        """What to ask before quitting; empty when nothing would be broken off."""
        if demo:
            self.sub_title = "demo: simulated hosts"
        self.register_theme(FULL)
        self.theme = theme_for(self.console.color_system, no_color=no_color)
        self.estate_screen = EstateScreen(source, target, demo=demo)

    def on_mount(self) -> None:
        self.push_screen(self.estate_screen)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """All that the keys of the screen do, and the themes."""
        told: set[str] = set()
        for active in screen.active_bindings.values():
            binding = active.binding
            # Moving about is for keys alone.
            if active.node not in (screen, self) or not active.enabled:
                continue
            if binding.description and binding.description not in told:
                told.add(binding.description)
                run = partial(self.run_action, binding.action, active.node)
                key = f"{self.get_key_display(binding)}  {binding.tooltip}"
                yield SystemCommand(binding.description, key, run)
        yield SystemCommand("Theme", "Change the colours", self.action_change_theme)

    @on(GoAsked)
    def _on_go(self, message: GoAsked) -> None:
        self._go(message.marks)

    @work(exclusive=True, group="go", exit_on_error=True)
    async def _go(self, marks: Mapping[str, Route]) -> None:
        """From marks to a plan, and from a plan that the operator agrees to to a run."""
        if self._target is None:
            return
        # Not needed for the first rows, so not loaded for them.
        from core.migrate.events import Outcome
        from core.migrate.runner import Runner
        from core.plan.planner import make_plan
        from core.plan.survey import survey
        from tui.screens.plan import PlanScreen
        from tui.screens.run import RunScreen

        self.estate_screen.show_busy("Looking at both hosts for the plan ...")
        try:
            facts = await survey(self._source, self._target, marks)
        except PodferryError as error:
            self.notify(str(error), title="No plan", severity="error", markup=False, timeout=15)
            return
        finally:
            self.estate_screen.show_busy("")
        plan = make_plan(facts, marks)
        if not await self.push_screen_wait(PlanScreen(plan)):
            return
        runner = Runner(plan, self._source, self._target, jobs=self._jobs)
        self._busy = "A run is under way. Quit, and leave it as it stands?"
        try:
            results = await self.push_screen_wait(RunScreen(runner))
        finally:
            self._busy = ""
        moved = [r.name for r in results or () if r.outcome is Outcome.MOVED]
        self.estate_screen.unmark_names(moved)

    async def action_quit(self) -> None:
        """Leave; while a run is under way, only after asking."""
        if not self._busy:
            self.exit(0)
        elif not isinstance(self.screen, ConfirmScreen):
            self.push_screen(ConfirmScreen(self._busy), self._quit_if)

    def _quit_if(self, agreed: bool | None) -> None:
        if agreed:
            self.exit(0)
