"""A run while it works, and how it ended."""

from tui.screens.run.feed import RunFeed
from tui.screens.run.screen import RunScreen

__all__ = ["RunFeed", "RunScreen"]
