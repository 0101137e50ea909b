"""Colours: a calm dark theme, a light one, one of high contrast, and the terminal's own."""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="dark",
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

LIGHT = Theme(
    name="light",
    primary="#1f5fa8",
    secondary="#1d6a6a",
    accent="#7a3f96",
    warning="#7f5600",
    error="#a82323",
    success="#2a6a31",
    foreground="#1d2127",
    background="#f7f6f2",
    surface="#f7f6f2",
    panel="#e6e4dd",
    boost="#dedbd2",
    dark=False,
    variables={
        "block-cursor-background": "#bcd3ee",
        "block-cursor-foreground": "#0b0d10",
        "block-cursor-text-style": "none",
        "text-warning": "#7f5600",
        "text-error": "#a82323",
        "text-success": "#2a6a31",
        "text-accent": "#7a3f96",
        "footer-background": "#f7f6f2",
        "footer-key-foreground": "#1f5fa8",
        "footer-description-foreground": "#4b525c",
        "scrollbar": "#b9b6ac",
        "scrollbar-background": "#f7f6f2",
        "scrollbar-hover": "#93908a",
        "scrollbar-active": "#1f5fa8",
    },
)
"""For bright rooms."""

HIGH_CONTRAST = Theme(
    name="high-contrast",
    primary="#66b3ff",
    secondary="#5fffff",
    accent="#ff9cff",
    warning="#ffd700",
    error="#ff8080",
    success="#5fff87",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#1c1c1c",
    boost="#303030",
    dark=True,
    variables={
        "block-cursor-background": "#ffff00",
        "block-cursor-foreground": "#000000",
        "block-cursor-text-style": "bold",
        "text-muted": "#e4e4e4",
        "text-warning": "#ffd700",
        "text-error": "#ff8080",
        "text-success": "#5fff87",
        "text-accent": "#ff9cff",
        "border": "#ffffff",
        "footer-background": "#000000",
        "footer-key-foreground": "#ffff00",
        "footer-description-foreground": "#ffffff",
        "scrollbar": "#ffffff",
        "scrollbar-background": "#000000",
        "scrollbar-hover": "#ffffff",
        "scrollbar-active": "#ffff00",
    },
)
"""At least 7:1 between text and what is behind it (WCAG 2.2, 1.4.6)."""

OWN_THEMES = DARK, LIGHT, HIGH_CONTRAST

TERMINAL = "terminal"
"""The operator's word for the terminal's own 16 colours."""

THEMES = (*(theme.name for theme in OWN_THEMES), TERMINAL)
"""In the order in which they are gone through."""

PLAIN_NAME = "ansi-dark"
"""Textual's theme of the terminal's own colours; signs and reverse video tell everything."""


def theme_for(colors: str | None, wished: str = "", *, no_color: bool) -> str:
    """The name of the theme for a colour system as rich names it, such as `256`.

    `wished` is one of THEMES or empty. Without colour only the terminal's own theme leaves
    reverse video to work with.
    """
    if no_color:
        return PLAIN_NAME
    if wished:
        return PLAIN_NAME if wished == TERMINAL else wished
    return PLAIN_NAME if colors in (None, "standard", "windows") else DARK.name


def following(theme: str) -> str:
    """The one of THEMES after Textual's theme of that name."""
    at = THEMES.index(TERMINAL if theme == PLAIN_NAME else theme)
    return THEMES[(at + 1) % len(THEMES)]
