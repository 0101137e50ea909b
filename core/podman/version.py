"""Version numbers of programs as tuples, which compare as versions do."""

from __future__ import annotations

import re


def version_tuple(text: str) -> tuple[int, ...]:
    """`5.8.6-dev` as (5, 8, 6); empty if there is no number."""
    match = re.match(r"\D*(\d+(?:\.\d+)*)", text)
    return tuple(int(part) for part in match[1].split(".")) if match else ()


def dotted(version: tuple[int, ...]) -> str:
    """(5, 8, 6) as `5.8.6`."""
    return ".".join(map(str, version)) or "?"
