"""What the signs of the estate mean, and what its filter understands, for the help."""

from __future__ import annotations

_SIGNS = (
    ("C", "marked to go by checkpoint: memory, processes and files move"),
    ("K", "marked to go by kube: made anew on the target from YAML"),
    ("·", "not marked"),
    ("✓ ⚑ ■", "before a name: ready, ready with flags, blocked, by that route"),
    ("■ ⚑ ! ·", "of a finding: in the way, takes a flag, not carried over, worth knowing"),
    ("→", "has moved, and waits to be accepted or brought back"),
    ("▸ ▾", "a pod, folded or unfolded"),
    ("● ◐ ‖", "running, some containers running, paused"),
    ("○ ■ ✗", "created, ended well, ended with an error"),
    ("340 MiB", "memory of what runs"),
    ("(12 MiB)", "size of the files that it wrote, where nothing runs"),
)
_FILTER = (
    ("web", "rows with web in name, state, image or ports"),
    ("web !exited", "... and without exited"),
    ("wb1", "where nothing matches: names with these letters in this order"),
)

LEGEND = (("Signs", _SIGNS), ("Filter", _FILTER))
