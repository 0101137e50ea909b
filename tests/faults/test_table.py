"""What the README says of the matrix is what the matrix is."""

from __future__ import annotations

from core.podman.model import Route
from tests.faults.matrix import Fault, Position, Step, cases, why_not
from tests.faults.real.cells import cells
from tests.faults.table import README, put_into

_REAL = (Step.DUMP, Step.STREAM, Step.RESTORE, Step.COMMIT)


def test_the_readme_has_the_table_of_the_matrix() -> None:
    text = README.read_text()
    assert put_into(text) == text, "python -m tests.faults table renews it"


def test_there_are_as_many_cases_as_promised() -> None:
    assert len(list(cases())) >= 300
    assert len(list(cells())) >= 50
    assert {cell.step for cell in cells()} == set(_REAL)


def test_a_cell_without_cases_says_why() -> None:
    found = {(c.step, c.fault, c.position, c.route) for c in cases()}
    for step in Step:
        for fault in Fault:
            for position in Position:
                for route in Route:
                    missing = (step, fault, position, route) not in found
                    assert missing == bool(why_not(step, fault, position, route))
