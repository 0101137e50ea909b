"""The keys of the run's screen, while it works and after its end."""

from __future__ import annotations

from textual.binding import Binding

RUN = Binding.Group("Run")
LOOKING = Binding.Group("Looking")
MOVING_ON = Binding.Group("Moving on")

_BIG_LOG = "Give the log all the room, or less"
_COPY = "Copy what the mouse has selected, or the line under the cursor"

_LOG = Binding("l", "big_log", "Log", tooltip=_BIG_LOG, group=LOOKING)
_COPY_LINE = Binding("y", "copy", "Copy", tooltip=_COPY, group=LOOKING)
_HELP = Binding("question_mark", "help", "Help", key_display="?", group=MOVING_ON)

KEYS = [
    Binding("x", "cancel", "Cancel", tooltip="Bring the item back to the source", group=RUN),
    Binding("X", "cancel_all", "Cancel all", tooltip="Bring all items back", group=RUN),
    _LOG,
    _COPY_LINE,
    Binding("tab", "app.focus_next", "List/log", tooltip="Go to the other part", group=LOOKING),
    Binding("enter", "finish", "Back", show=False, key_display="enter", group=MOVING_ON),
    Binding("escape,q", "leave", "Leave", key_display="esc", group=MOVING_ON),
    _HELP,
]
"""Of the screen itself."""

KEYS_AT_END = [
    Binding("enter", "finish", "Back to the estate", key_display="enter"),
    _LOG,
    _COPY_LINE,
    Binding("tab", "app.focus_next", "Summary/log"),
    _HELP,
]
"""What the last line shows when the run is over."""
