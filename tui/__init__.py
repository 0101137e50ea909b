"""The Textual app and the `podferry` command."""

import os

# Textual reads these when it is imported. Nothing moves by itself: over a slow link each
# frame of an animation is paid for in bytes.
os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
os.environ.setdefault("TEXTUAL_SMOOTH_SCROLL", "0")
