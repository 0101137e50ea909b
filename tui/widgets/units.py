"""Numbers as the operator reads them: bytes in binary units, durations, how many of what."""

from __future__ import annotations

_STEP = 1024
_ROUNDS_UP = 1023.5
_WHOLE = 9.95
"""From here a decimal says nothing."""
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_MINUTE_S = 60
_HOUR_S = 60 * _MINUTE_S
_DAY_S = 24 * _HOUR_S


def format_bytes(count: float) -> str:
    """Such as `512 B`, `1.2 GiB`, `340 MiB`: three digits at most."""
    value = float(count)
    power = 0
    while value >= _ROUNDS_UP and power < len(_UNITS) - 1:
        value /= _STEP
        power += 1
    decimals = 1 if power and value < _WHOLE else 0
    return f"{value:.{decimals}f} {_UNITS[power]}"


def format_seconds(seconds: float) -> str:
    """Such as `4 s`, `2 min`, `3 h`, `5 d`: one unit, for a glance."""
    if seconds < 2 * _MINUTE_S:
        return f"{max(0.0, seconds):.0f} s"
    if seconds < 2 * _HOUR_S:
        return f"{seconds / _MINUTE_S:.0f} min"
    if seconds < 2 * _DAY_S:
        return f"{seconds / _HOUR_S:.0f} h"
    return f"{seconds / _DAY_S:.0f} d"


def plural(count: int, singular: str, many: str = "") -> str:
    """Such as `1 item`, `12 items`."""
    return f"{count:,} {singular if count == 1 else many or singular + 's'}"
