"""Words on standard output: safe for a terminal, and for who cannot see it."""

from __future__ import annotations

import re
import sys

import click

_CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""C0 and C1, marks that turn the direction of text, line separators, and what no encoding has."""


_WORDS = {
    " → ": " to ",
    "→": " to ",
    "…": "...",
    "✓": "good",
    "✗": "bad",
    "■": "blocked",
    "⚑": "flags",
    "●": "running",
    "○": "stopped",
    "◐": "partly running",
    "·": "-",
}
"""Signs, and what a screen reader is to say for them."""
_SIGNS = re.compile("|".join(map(re.escape, _WORDS)))
_DRAWN = re.compile(r"[\u2500-\u259f]+")
"""Lines, boxes and bars."""


def is_plain(*, asked: bool = False) -> bool:
    """Whether the command under way is to speak in words alone: asked for, or read by a program.

    `asked` leaves the latter out.
    """
    context = click.get_current_context(silent=True)
    if context is None:
        return False
    wanted = bool(context.find_root().params.get("plain"))
    return wanted or not (asked or sys.stdout.isatty())


def worded(text: str) -> str:
    """Text with words for its signs, and without what is only drawn."""
    return _DRAWN.sub("", _SIGNS.sub(lambda match: _WORDS[match[0]], text))


def printable(text: str) -> str:
    """Text with its control characters shown instead of obeyed, and in plain output no signs."""
    shown = _CONTROL.sub(lambda match: ascii(match[0])[1:-1], text)
    return worded(shown) if is_plain() else shown
