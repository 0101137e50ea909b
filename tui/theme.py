"""Colours: a calm dark theme, and the terminal's own where there are 16 or none."""

from __future__ import annotations

from textual.theme import Theme

FULL = Theme(
    name="podferry",
    primary="#6f9bd1",
    secondary="#7fb5b5",
    accent="#c49bd6",
    warning="#d9b46a",
    error="#e07a7a",
    success="#86b98a",
    foreground="#d6d9de",
    background="#15181d",
    surface="#15181d",
    panel="#222730",
    boost="#252b35",
    dark=True,
    variables={
        "block-cursor-background": "#38506f",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-text-style": "none",
        "footer-background": "#15181d",
        "footer-key-foreground": "#9db9dc",
        "footer-description-foreground": "#9aa1ac",
        "scrollbar": "#3a424e",
        "scrollbar-background": "#15181d",
        "scrollbar-hover": "#55606f",
        "scrollbar-active": "#6f9bd1",
    },
)
"""For terminals with 256 colours and more."""

PLAIN_NAME = "ansi-dark"
"""Textual's theme of the terminal's own colours; signs and reverse video tell everything."""


def theme_for(colors: str | None, *, no_color: bool) -> str:
    """The name of the theme for a colour system as rich names it, such as `256`."""
    return PLAIN_NAME if no_color or colors in (None, "standard", "windows") else FULL.name
