"""The table, and the JSON with everything that was measured."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.figures import Comparison, Figure

HEAD = ("what", "Podferry", "script", "ratio", "target", "met", "Podferry says", "spread")


def table(results: Sequence[Comparison | Figure]) -> str:
    """Lines for people: medians, and the least and the most of each contender."""
    rows = [HEAD, *(_row(result) for result in results)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEAD))]
    lines = [
        "  ".join(
            cell.ljust(width) if place in (0, len(HEAD) - 1) else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    lines += [
        f"{result.name}: measured again, as {words.partition(':')[0]}"
        for result in results
        if isinstance(result, Comparison)
        for words in result.gave_up
    ]
    return "\n".join(lines)


def _row(result: Comparison | Figure) -> tuple[str, ...]:
    if isinstance(result, Figure):
        limit = "-" if result.at_most is None else _number(result.at_most, result.unit)
        met = {True: "yes", False: "NO", None: "-"}[result.met]
        spread = _spread(result.samples, result.unit) if len(result.samples) > 1 else ""
        return (result.name, _number(result.value, result.unit), "-", "-", limit, met, "-", spread)
    spread = f"{_spread(result.podferry, 's')} / {_spread(result.script, 's')}"
    return (
        result.name,
        _number(median(result.podferry), result.unit),
        _number(median(result.script), result.unit),
        f"{result.ratio:.2f}",
        f"{result.at_most:.2f}",
        "yes" if result.met else "NO",
        _number(median(result.podferry_says), result.unit) if result.podferry_says else "-",
        spread,
    )


def _number(value: float, unit: str) -> str:
    digits = 2 if unit in ("s", "%") else 0
    return f"{value:.{digits}f} {unit}"


def _spread(samples: Sequence[float], unit: str) -> str:
    digits = 2 if unit in ("s", "%") else 0
    return f"{min(samples):.{digits}f}-{max(samples):.{digits}f}"


def as_json(facts: dict[str, Any], results: Sequence[Comparison | Figure]) -> str:
    """Everything, for programs."""
    entries = []
    for result in results:
        entry = asdict(result) | {"met": result.met}
        if isinstance(result, Comparison):
            entry |= {
                "podferry_median": median(result.podferry),
                "script_median": median(result.script),
                "ratio": result.ratio,
            }
        entries.append(entry)
    return json.dumps({"facts": facts, "results": entries}, indent=1)


def write_json(path: Path, facts: dict[str, Any], results: Sequence[Comparison | Figure]) -> None:
    """Write the JSON to a file."""
    path.write_text(as_json(facts, results) + "\n")
