"""The keys of the preflight screen."""

from __future__ import annotations

from textual.binding import Binding

from tui.keymap import named
from tui.widgets.groups import LOOKING, MOVING_ON

FIXES = Binding.Group("Fixes")

_FIX = "Settle this cause for all its items; asks first"
_CANARY = "Really checkpoint and restore a throwaway container"
_SCOPE = "Show what concerns the marked items, or everything"

KEYS = named(
    "preflight",
    [
        Binding("f", "fix", "Fix", tooltip=_FIX, group=FIXES),
        Binding(
            "z", "take_back", "Take back", tooltip="Undo the last fix; asks first", group=FIXES
        ),
        Binding("t", "canary", "Canary", tooltip=_CANARY, group=FIXES),
        Binding("m", "scope", "Marked/all", tooltip=_SCOPE, group=LOOKING),
        Binding("r", "refresh", "Look", tooltip="Look at both hosts again", group=LOOKING),
        Binding(
            "l", "log", "Log", tooltip="What was done so far, with its commands", group=LOOKING
        ),
        Binding("escape,p,q", "leave", "Back", key_display="esc", group=MOVING_ON),
        Binding("tab", "app.focus_next", "Other part", show=False, group=LOOKING),
        Binding("y", "copy", "Copy the line under the cursor", show=False, group=LOOKING),
        Binding("question_mark", "help", "Help", key_display="?", group=MOVING_ON),
    ],
)
