"""What stands in the way of a move, by cause, and the keys that settle it."""

from tui.screens.preflight.screen import PreflightScreen

__all__ = ["PreflightScreen"]
