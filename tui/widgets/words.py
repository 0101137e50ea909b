"""Durations, rates and times in words, and text from outside made safe to read and to paste."""

from __future__ import annotations

import shlex
import time
from collections.abc import Sequence

from tui.widgets.units import format_bytes

_MINUTE_S = 60
_HOUR_S = 60 * _MINUTE_S


def duration(seconds: float, *, whole: bool = False) -> str:
    """Such as `1.8 s`, `2 m 10 s`, `1 h 02 m`; `whole` for clocks that tick once a second."""
    seconds = max(0.0, seconds)
    if whole and seconds < _MINUTE_S:
        return f"{int(seconds)} s"
    if round(seconds, 1) < _MINUTE_S:
        return f"{seconds:.1f} s"
    count = int(seconds) if whole else round(seconds)
    if count < _HOUR_S:
        return f"{count // _MINUTE_S} m {count % _MINUTE_S:02d} s"
    minutes = count // _MINUTE_S
    return f"{minutes // 60} h {minutes % 60:02d} m"


def rate(bytes_s: float) -> str:
    """Such as `110 MiB/s`."""
    return f"{format_bytes(bytes_s)}/s"


def clock_time(at_s: float) -> str:
    """The local time of day, such as `10:23:45`."""
    return time.strftime("%H:%M:%S", time.localtime(at_s))


def escape(text: str) -> str:
    """The text with everything that could move the cursor or deceive the eye written as escapes."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _escaped(c) for c in text)


def quote(argv: Sequence[str]) -> str:
    """The command as a shell reads it; arguments with control characters as `$'...'`.

    What is shown is what is copied, so a pasted command cannot hide a line break or an escape.
    """
    return " ".join(shlex.quote(a) if a.isprintable() else _ansi_c_quoted(a) for a in argv)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def _ansi_c_quoted(argument: str) -> str:
    kept = argument.replace("\\", "\\\\").replace("'", "\\'")
    return f"$'{_escapes(kept)}'"


def _escapes(text: str) -> str:
    """Octal escapes of three digits, so that what follows them is never read as a part of them."""
    out = []
    for character in text:
        if character.isprintable():
            out.append(character)
        elif character in "\n\t\r":
            out.append(_escaped(character))
        else:
            out.append("".join(f"\\{byte:03o}" for byte in _bytes(character)))
    return "".join(out)


def _bytes(character: str) -> bytes:
    # Python reads a byte that is not UTF-8 as a lone surrogate of this range.
    was_byte = "\udc80" <= character <= "\udcff"
    return character.encode("utf-8", "surrogateescape" if was_byte else "surrogatepass")
