"""Kept checkpoints: what there is, what is inside, whether it is whole."""

from tui.screens.archives.screen import ArchivesScreen

__all__ = ["ArchivesScreen"]
