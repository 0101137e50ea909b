"""Groups of keys in the help that several screens have."""

from __future__ import annotations

from textual.binding import Binding

LOOKING = Binding.Group("Looking")
MOVING_ON = Binding.Group("Moving on")
SETTLING = Binding.Group("What has moved")
