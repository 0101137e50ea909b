"""The keys of the screen on which hosts are chosen."""

from __future__ import annotations

from textual.binding import Binding

from tui.keymap import named, shown
from tui.widgets.groups import LOOKING, MOVING_ON

_CHOOSE = "Open the pair, or take the host: the source first, then the target"
_ALONE = "Open the source without a target"
_CLEAR = "Take the chosen source back"

KEYS = named(
    "hosts",
    [
        Binding("enter", "choose", "Choose", key_display="enter", tooltip=_CHOOSE, group=MOVING_ON),
        Binding("i", "type", "Type an address", group=LOOKING),
        Binding("o", "alone", "No target", tooltip=_ALONE, group=MOVING_ON),
        Binding("u", "clear", "Unchoose", tooltip=_CLEAR, group=LOOKING),
        Binding("escape,q", "leave", "Leave", key_display="esc", group=MOVING_ON),
        Binding("question_mark", "help", "Help", key_display="?", group=MOVING_ON),
    ],
)


def key(name: str) -> str:
    """The key of that action, as texts name it."""
    return shown(f"hosts.{name}")
