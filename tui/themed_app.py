"""What every app of Podferry looks like in a terminal, and how it is left."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterable
from functools import partial
from typing import ClassVar

from textual import on, work
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from core.errors import PodferryError
from core.journal.journal import run_folder, runs_folder
from tui.config import DEFAULTS, Config
from tui.files import write_private
from tui.keymap import named, remapped
from tui.messages import RunOver
from tui.remembered import recall, remember_theme
from tui.theme import OWN_THEMES, THEMES, following, theme_for
from tui.widgets.groups import LOOKING, MOVING_ON
from tui.widgets.text import clean
from tui.widgets.words import escape

_SAVE = "Save the screen as a picture, beside the report of the run"


class ThemedApp(App[int]):
    """An app in the colours that the operator chose; its result is an exit code."""

    TITLE = "Podferry"
    BINDINGS: ClassVar[list[BindingType]] = named(
        "app",
        [
            Binding("ctrl+q,ctrl+c", "quit", "Quit", show=False, priority=True, group=MOVING_ON),
            Binding(
                "ctrl+p",
                "command_palette",
                "All commands",
                show=False,
                priority=True,
                group=MOVING_ON,
            ),
            Binding("ctrl+t", "next_theme", "Next theme", show=False, priority=True, group=LOOKING),
            Binding(
                "ctrl+s",
                "save_screen",
                "Picture",
                tooltip=_SAVE,
                show=False,
                priority=True,
                group=LOOKING,
            ),
        ],
    )
    CSS = """
    Toast { padding: 0 1; margin: 0; }
    SearchIcon { display: none; }
    """

    def __init__(self, config: Config = DEFAULTS) -> None:
        self._no_color = "NO_COLOR" in os.environ
        super().__init__(ansi_color=True if self._no_color else None)
        self.set_keymap(dict(remapped()))
        self._notify = config.notify
        for own in OWN_THEMES:
            self.register_theme(own)
        last = recall().theme
        wished = config.theme or (last if last in THEMES else "")
        self.theme = theme_for(self.console.color_system, wished, no_color=self._no_color)

    def on_mount(self) -> None:
        """Whoever is told to end gives the terminal back first."""
        ended = 128 + signal.SIGTERM
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self.exit, ended)

    @on(RunOver)
    def _on_run_over(self, message: RunOver) -> None:
        """Ring, and notify where the terminal can (OSC 9); it tells when it is looked at."""
        if self._notify == "never" or (self._notify == "away" and self.app_focus):
            return
        self.bell()
        if self._driver is not None:
            self._driver.write(f"\x1b]9;Podferry: {clean(message.told)}\x1b\\")

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """All that the keys of the screen do, and the themes."""
        told: set[str] = set()
        for active in screen.active_bindings.values():
            binding = active.binding
            # Moving about is for keys alone.
            own = active.node in (screen, self) or (binding.id or "").startswith("log.")
            if not (own and active.enabled):
                continue
            if binding.description and binding.description not in told:
                told.add(binding.description)
                run = partial(self.run_action, binding.action, active.node)
                key = f"{self.get_key_display(binding)}  {binding.tooltip}"
                yield SystemCommand(binding.description, key, run)
        for theme in THEMES:
            yield SystemCommand(
                f"Theme: {theme}", "Change the colours", partial(self.choose_theme, theme)
            )

    def action_next_theme(self) -> None:
        self.choose_theme(following(self.theme))

    def choose_theme(self, theme: str) -> None:
        """Show all in that one of THEMES, and remember it."""
        if self._no_color:
            self.notify("NO_COLOR is set: no theme but the terminal's own.", markup=False)
            return
        self.theme = theme_for(None, theme, no_color=False)
        remember_theme(theme)
        self.notify(f"Theme: {theme}", markup=False, timeout=2)

    @property
    def shown_run_id(self) -> str:
        """The run that what is shown belongs to; empty: none."""
        return ""

    @work(group="picture")
    async def action_save_screen(self) -> None:
        """Keep what is on the screen now, and say where."""
        from tui.picture import picture

        run_id, now_s = self.shown_run_id, time.time()
        folder = (run_folder(run_id) if run_id else runs_folder().parent) / "screens"
        stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(now_s))
        path = folder / f"{stamp}-{int(now_s % 1 * 1000):03}.svg"
        try:
            await asyncio.to_thread(write_private, path, picture(self), make_folder=True)
        except PodferryError as error:
            self.notify(escape(str(error)), severity="error", markup=False)
        else:
            self.notify(f"saved: {escape(str(path))}", markup=False)
