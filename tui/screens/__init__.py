"""The screens: a folder each, with the screen, its style sheet and its messages."""
