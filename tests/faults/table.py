"""The table of the matrix in the README: how many cases there are of each fault in each step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

from tests.faults.matrix import Case, Fault, Step, cases
from tests.faults.real.cells import Cell, cells

README = Path(__file__).parents[2] / "README.md"
BEGIN, END = "<!-- faults -->\n", "<!-- end of faults -->\n"


def table() -> str:
    """As Markdown; in the steps that are struck on real hosts too, their number follows a +."""
    steps = [step for step in Step if step is not Step.PRE_DUMP]
    simulated = Counter((case.fault, case.step) for case in cases())
    real = Counter((cell.fault, cell.step) for cell in cells(both_ways=True))
    lines = [["fault", *steps], ["---"] * (len(steps) + 1)]
    lines += [[f, *(_cell(simulated[f, s], real[f, s]) for s in steps)] for f in Fault]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _cell(simulated: int, real: int) -> str:
    if not simulated:
        return "-"
    return f"{simulated}+{real}" if real else str(simulated)


def put_into(text: str) -> str:
    """The README with the table as it is now."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{table()}{END}{after}"


def results(reports: Sequence[Path]) -> tuple[Counter[str], Counter[str]]:
    """Cases that passed and that did not, by step and fault, from pytest's XML reports."""
    passed: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    known: dict[str, Case | Cell] = {str(case): case for case in cases()}
    known |= {str(cell): cell for cell in cells(both_ways=True)}
    for report in reports:
        for test in ET.parse(report).getroot().iter("testcase"):  # noqa: S314
            case = known.get(test.get("name", "").partition("[")[2].rstrip("]"))
            bad = any(test.find(kind) is not None for kind in ("failure", "error", "skipped"))
            (failed if bad else passed)[_name(case, test.get("name", ""))] += 1
    return passed, failed


def _name(case: Case | Cell | None, test: str) -> str:
    return f"{case.step} x {case.fault}" if case else test.partition("[")[0]
