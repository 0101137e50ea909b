"""How the keys are grouped in the help, and what it says of those whose label is short."""

from __future__ import annotations

from textual.binding import Binding

MARKS = Binding.Group("Marks")
LOOKING = Binding.Group("Looking")
MOVING_ON = Binding.Group("Moving on")

MARK = "Mark by the advised route, or unmark"
CHECKPOINT = "Mark for checkpoint: memory, processes and files move"
KUBE = "Mark for kube export: made anew on the target"
FILTER = "Filter the rows"
DETAILS = "Processes, mounts, environment, networks, log"
