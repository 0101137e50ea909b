"""Whether what has moved is alive as it was."""

from tui.screens.verify.screen import VerifyScreen

__all__ = ["VerifyScreen"]
