"""What a run left unfinished: what is true of each item, and where it goes."""

from tui.screens.resume.screen import ResumeScreen

__all__ = ["ResumeScreen"]
