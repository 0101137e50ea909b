"""What a failed command said, as much of it as an operator reads."""

from __future__ import annotations

from itertools import groupby

_MOST = 4000
"""Characters."""


def last_words(said: str) -> str:
    """The end of what it said, with lines that give the same reason one after the other as one.

    A tar on a full disk says so of each file.
    """
    told = []
    for _, lines in groupby(said.strip().splitlines(), key=_reason):
        first, *others = lines
        told += (
            [first, f"(and {len(others)} more like it)"] if len(others) > 1 else [first, *others]
        )
    text = "\n".join(told)
    return text if len(text) <= _MOST else text[-_MOST:].partition("\n")[2] or text[-_MOST:]


def _reason(line: str) -> tuple[str, str]:
    return line.partition(":")[0], line.rpartition(": ")[2]
