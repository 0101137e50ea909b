"""A host on copy-on-write btrfs: what is known of it, and what can be done."""

from tui.screens.btrfs.screen import BtrfsScreen

__all__ = ["BtrfsScreen"]
