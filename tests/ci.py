"""What .ci/run makes of pytest's reports: what gets a second go, and whether all is well.

Two real hosts on two busy cores fail by chance now and then. So the tests of the lab that
failed get one second go, alone; those that pass only then are named, and few they must be.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

MOST_AGAIN = 5
"""More failures than these are no chance."""


@dataclass(frozen=True, slots=True)
class Report:
    """Node IDs of one run of pytest, by how they ended."""

    passed: Sequence[str] = ()
    failed: Sequence[str] = ()
    skipped: Sequence[str] = ()
    seconds: float = 0

    def counts(self) -> str:
        return f"{len(self.passed)} passed, {len(self.failed)} failed, {len(self.skipped)} skipped"


def read(path: Path) -> Report:
    """Read a report; OSError and ParseError if pytest has not written it to its end."""
    root = ET.parse(path).getroot()  # noqa: S314 made by this run
    ends: dict[str, str] = {}
    for case in root.iter("testcase"):
        node = f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name')}"
        tags = {child.tag for child in case}
        # A test that passed and whose clean-up failed stands there twice.
        if tags & {"failure", "error"} or ends.get(node) == "failed":
            ends[node] = "failed"
        else:
            ends[node] = "skipped" if "skipped" in tags else "passed"
    seconds = sum(float(suite.get("time", 0)) for suite in root.iter("testsuite"))
    of = {end: [n for n, e in ends.items() if e == end] for end in ("passed", "failed", "skipped")}
    return Report(of["passed"], of["failed"], of["skipped"], seconds)


def again(reports: Mapping[str, Report], broken: Sequence[str]) -> list[str]:
    """The tests of the lab that get a second go; ValueError if one would prove nothing.

    `broken` are the runs that pytest did not end well: each must have a test to show for it.
    """
    for name in broken:
        if not reports[name].failed:
            raise ValueError(f"{name}: the run failed, but no test of it")
    failed = [node for report in reports.values() for node in report.failed]
    if len(failed) > MOST_AGAIN:
        raise ValueError(f"{len(failed)} tests failed, which is no chance:\n" + "\n".join(failed))
    return failed


def wrongs(tests: Report, lab: Mapping[str, Report], second: Report) -> list[str]:
    """Why CI fails, after the second go: what did not pass, and what did not run."""
    found = [f"{name}: nothing ran" for name, r in lab.items() if not r.passed]
    found += ["tests: nothing ran"] * (not tests.passed)
    found += [f"failed: {node}" for node in tests.failed]
    found += [f"skipped: {node}" for report in lab.values() for node in report.skipped]
    failed = [node for report in lab.values() for node in report.failed]
    return found + [f"failed: {node}" for node in failed if node not in second.passed]


def main() -> None:
    """`again FOLDER [BROKEN...]` writes FOLDER/again.txt; `judge FOLDER` tells the counts."""
    command, folder, *broken = sys.argv[1:]
    lab = {name: read(Path(folder, f"{name}.xml")) for name in ("lab", "faults")}
    if command == "again":
        try:
            nodes = again(lab, broken)
        except ValueError as error:
            sys.exit(f".ci/run: {error}")
        Path(folder, "again.txt").write_text("".join(f"{node}\n" for node in nodes))
        return
    tests = read(Path(folder, "tests.xml"))
    path = Path(folder, "again.xml")
    second = read(path) if path.exists() else Report()
    for node in second.passed:
        print(f"passed only in a second go: {node}")
    found = wrongs(tests, lab, second)
    print("\n".join(found), end="\n" * bool(found))
    for name, report in lab.items():
        print(f"{name}, first go: {report.counts()}")
    everything = (tests, *lab.values())
    passed = sum(len(r.passed) for r in (*everything, second))
    failed = sum(len(r.failed) for r in everything) - len(second.passed)
    skipped = sum(len(r.skipped) for r in everything)
    seconds = sum(r.seconds for r in (*everything, second))
    print(f"=== {passed} passed, {failed} failed, {skipped} skipped in {seconds:.2f}s ===")
    if found:
        sys.exit(".ci/run: tests that should have run did not pass")


if __name__ == "__main__":
    main()
