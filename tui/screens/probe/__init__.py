"""A probe for an item, on the spot."""

from tui.screens.probe.screen import ProbeScreen

__all__ = ["ProbeScreen"]
