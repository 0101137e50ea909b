"""The keys of the dialog on copy-on-write btrfs."""

from __future__ import annotations

from textual.binding import Binding

from tui.keymap import named, shown

KEYS = named(
    "btrfs",
    [
        Binding("f", "fix", "Fix"),
        Binding("w", "rewrite", "Rewrite"),
        Binding("t", "canary", "Test"),
        Binding("z", "take_back", "Take back"),
        Binding("i", "ignore", "Ignore"),
        Binding("tab", "next", "Next host"),
        Binding("escape,q,b", "leave", "Leave", key_display="esc"),
    ],
)


def key(name: str) -> str:
    """The key of that action, as texts name it."""
    return shown(f"btrfs.{name}")
