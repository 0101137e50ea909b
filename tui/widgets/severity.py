"""How much a finding matters, in a sign, a tone and words."""

from __future__ import annotations

from core.checks.model import Severity
from tui.widgets.rows import Tone

SIGNS = {
    Severity.BLOCKED: "■",
    Severity.FLAGS: "⚑",
    Severity.LOSS: "!",
    Severity.NOTE: "·",
}
"""Told without colour."""
TONES = {
    Severity.BLOCKED: Tone.BAD,
    Severity.FLAGS: Tone.ACCENT,
    Severity.LOSS: Tone.WARN,
    Severity.NOTE: Tone.MUTED,
}
MEANINGS = {
    Severity.BLOCKED: "stands in the way",
    Severity.FLAGS: "works with a flag, which the plan sets",
    Severity.LOSS: "works, and something is not carried over",
    Severity.NOTE: "worth knowing",
}
LEGEND = (("Signs", tuple((SIGNS[severity], MEANINGS[severity]) for severity in Severity)),)
"""For the help."""
