"""What every app of Podferry looks like in a terminal, and how it is left."""

from __future__ import annotations

import asyncio
import os
import time
from typing import ClassVar

from textual import work
from textual.app import App
from textual.binding import Binding, BindingType

from core.errors import PodferryError
from core.journal.journal import run_folder, runs_folder
from tui.files import write_private
from tui.theme import FULL, theme_for
from tui.widgets.groups import LOOKING
from tui.widgets.words import escape

_SAVE = "Save the screen as a picture, beside the report of the run"


class ThemedApp(App[int]):
    """An app in the colours that the terminal has; its result is an exit code."""

    TITLE = "Podferry"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q,ctrl+c", "quit", "Quit", show=False, priority=True),
        Binding(
            "ctrl+s",
            "save_screen",
            "Picture",
            tooltip=_SAVE,
            show=False,
            priority=True,
            group=LOOKING,
        ),
    ]
    CSS = """
    Toast { padding: 0 1; margin: 0; }
    """

    def __init__(self) -> None:
        # Without colour only the terminal's own theme leaves reverse video to work with.
        no_color = "NO_COLOR" in os.environ
        super().__init__(ansi_color=True if no_color else None)
        self.register_theme(FULL)
        self.theme = theme_for(self.console.color_system, no_color=no_color)

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
