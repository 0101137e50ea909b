"""Words and signs for how an item ended."""

from __future__ import annotations

from core.migrate.events import Outcome

SIGNS = {
    Outcome.MOVED: "✓",
    Outcome.ROLLED_BACK: "↩",
    Outcome.FAILED: "✗",
    Outcome.BLOCKED: "■",
    Outcome.CANCELLED: "○",
}
"""Always shown beside the word, so that neither colour nor sign has to be known."""

WORDS = {outcome: outcome.value.replace("_", " ") for outcome in Outcome}
