"""The keys of the run's screen, while it works and after its end."""

from __future__ import annotations

from textual.binding import Binding

from tui.keymap import named, shown
from tui.widgets.groups import LOOKING, MOVING_ON

RUN = Binding.Group("Run")

_ACCEPT = "Delete the source copies of what has moved"
_ROLL_BACK = "Bring back what has moved"
_VERIFY = "Whether what has moved is alive as it was"
_BIG_LOG = "Give the log all the room, or less"
_REPORT = "Write the report of the run, as a page and as Markdown"
_COPY = "Copy what the mouse has selected, or the line under the cursor"

_LOG = Binding("l", "big_log", "Log", tooltip=_BIG_LOG, group=LOOKING)
_COPY_LINE = Binding("y", "copy", "Copy", tooltip=_COPY, group=LOOKING)
_HELP = Binding("question_mark", "help", "Help", key_display="?", group=MOVING_ON)

KEYS = named(
    "run",
    [
        Binding("x", "cancel", "Cancel", tooltip="Bring the item back to the source", group=RUN),
        Binding("X", "cancel_all", "Cancel all", tooltip="Bring all items back", group=RUN),
        _LOG,
        _COPY_LINE,
        Binding("tab", "app.focus_next", "List/log", tooltip="Go to the other part", group=LOOKING),
        Binding("A", "settle('accept')", "Accept", show=False, tooltip=_ACCEPT, group=RUN),
        Binding("z", "settle('rollback')", "Roll back", show=False, tooltip=_ROLL_BACK, group=RUN),
        Binding("V", "verify", "Verify", show=False, tooltip=_VERIFY, group=RUN),
        Binding("R", "report", "Report", show=False, tooltip=_REPORT, group=RUN),
        Binding("enter", "finish", "Back", show=False, key_display="enter", group=MOVING_ON),
        Binding("escape,q", "leave", "Leave", key_display="esc", group=MOVING_ON),
        _HELP,
    ],
)
"""Of the screen itself."""

KEYS_AT_END = named(
    "run",
    [
        Binding("enter", "finish", "Back", key_display="enter"),
        Binding("V", "verify", "Verify"),
        Binding("A", "settle('accept')", "Accept"),
        Binding("z", "settle('rollback')", "Roll back"),
        Binding("R", "report", "Report"),
        _LOG,
        _COPY_LINE,
        Binding("tab", "app.focus_next", "Summary/log"),
        _HELP,
    ],
)
"""What the last line shows when the run is over."""


def key(name: str) -> str:
    """The key of that action, as texts name it."""
    return shown(f"run.{name}")
