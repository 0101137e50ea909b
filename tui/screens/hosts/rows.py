"""What can be chosen, as lines: the pairs that were opened before, then single hosts."""

from __future__ import annotations

from collections.abc import Sequence

from core.hosts.known import KnownHost
from tui.remembered import Pair
from tui.widgets.rows import Row, Tone, cell, piece

_LEAST_NAME = 8


def pair_text(pair: Pair) -> str:
    """Such as `old → new`."""
    return f"{pair.source} → {pair.target}" if pair.target else f"{pair.source}, without a target"


def host_rows(
    pairs: Sequence[Pair], hosts: Sequence[KnownHost], source: str, width: int
) -> list[Row]:
    """A row for each; keys are `pair N` and `host N`. A source that is chosen leaves no pairs."""
    rows: list[Row] = []
    if pairs and not source:
        rows.append(Row((piece("Opened before", Tone.ACCENT),)))
        rows += [
            Row((piece(f"  {pair_text(pair)}"),), f"pair {n}", pair_text(pair))
            for n, pair in enumerate(pairs)
        ]
        rows.append(Row())
    rows.append(Row((piece("Target" if source else "Source", Tone.ACCENT),)))
    names = [len(host.name) for host in hosts]
    column = min(max([_LEAST_NAME, *names]) + 2, max(_LEAST_NAME, width // 2))
    for n, host in enumerate(hosts):
        if host.name == source:
            continue
        where = f"{host.origin}: {host.detail}" if host.detail else str(host.origin)
        spans = piece("  "), cell(host.name, column), piece(where, Tone.MUTED)
        rows.append(Row(spans, f"host {n}", host.name))
    return rows
