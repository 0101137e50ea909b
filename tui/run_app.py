"""The app that shows one run and nothing else: what `podferry attach` opens in a terminal."""

from __future__ import annotations

from core.migrate.events import ItemResult
from tui.config import DEFAULTS, Config
from tui.screens.run.feed import RunFeed
from tui.screens.run.screen import RunScreen
from tui.themed_app import ThemedApp


class RunApp(ThemedApp):
    """Ends with the run's screen."""

    def __init__(self, feed: RunFeed, config: Config = DEFAULTS) -> None:
        super().__init__(config)
        self._shown = RunScreen(feed)
        self.results: tuple[ItemResult, ...] | None = None
        """None: the run was left before its end."""

    @property
    def shown_run_id(self) -> str:
        """The only one's."""
        return self._shown.state.run_id

    def on_mount(self) -> None:
        self.push_screen(self._shown, self._over)

    def _over(self, results: tuple[ItemResult, ...] | None) -> None:
        self.results = results
        self.exit(0)

    async def action_quit(self) -> None:
        """Leave; while the run is under way, only after asking."""
        if self._shown.over:
            self._over(self._shown.state.results)
        else:
            self._shown.ask_to_leave()
