"""The screen as an SVG picture that needs nothing else."""

from __future__ import annotations

import html
import re
from typing import Any

from rich.cells import cell_len
from textual.app import App

_FONT_FACE = re.compile(r"\s*@font-face\s*\{.*?\}", re.DOTALL)
_GENERATOR = re.compile(r"\s*<!-- Generated with .*?-->")
_CELL = 12.2
"""Width of a cell in the pictures."""
_TEXT = re.compile(
    r'(<text class="[^"]*") x="([\d.]+)"( y="[\d.]+") textLength="[\d.]+"([^>]*>)([^<]*)</text>'
)


def picture(app: App[Any]) -> str:
    """What is on the screen now; no font is loaded from anywhere."""
    svg = app.export_screenshot(title="podferry")
    return _TEXT.sub(_words, _GENERATOR.sub("", _FONT_FACE.sub("", svg)))


def _words(text: re.Match[str]) -> str:
    """A text of its own for each piece between gaps.

    So that it stands in its column also where the font is another one, or blanks are not kept.
    """
    head, x, y, tail, content = text.groups()
    start, pieces = float(x), []
    for piece in re.split(r"((?:&#160;){2,})", content):
        plain = html.unescape(piece)
        width = cell_len(plain)
        bare = plain.strip("\N{NO-BREAK SPACE}")
        if bare:
            left = start + _CELL * (len(plain) - len(plain.lstrip("\N{NO-BREAK SPACE}")))
            shown = html.escape(bare, quote=False).replace("\N{NO-BREAK SPACE}", "&#160;")
            length = f"{_CELL * cell_len(bare):.1f}"
            pieces.append(f'{head} x="{left:.1f}"{y} textLength="{length}"{tail}{shown}</text>')
        start += _CELL * width
    return "".join(pieces)
