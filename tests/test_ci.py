"""CI forgives a few failures by chance in the lab, and nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.ci import MOST_AGAIN, Report, again, read, wrongs

GOOD = Report(passed=["a.py::good"])
BAD = Report(passed=["a.py::good"], failed=["a.py::bad"])


def lab(report: Report) -> dict[str, Report]:
    return {"lab": report, "faults": GOOD}


def test_nothing_failed() -> None:
    assert again(lab(GOOD), []) == []
    assert wrongs(GOOD, lab(GOOD), Report()) == []


def test_what_failed_gets_a_second_go_and_may_pass_it() -> None:
    assert again(lab(BAD), ["lab"]) == ["a.py::bad"]
    assert wrongs(GOOD, lab(BAD), Report(passed=["a.py::bad"])) == []


@pytest.mark.parametrize(
    "second", [Report(), Report(failed=["a.py::bad"]), Report(skipped=["a.py::bad"])]
)
def test_what_does_not_pass_the_second_go_has_failed(second: Report) -> None:
    assert wrongs(GOOD, lab(BAD), second) == ["failed: a.py::bad"]


def test_many_failures_are_no_chance() -> None:
    many = [f"a.py::bad[{number}]" for number in range(MOST_AGAIN + 1)]
    assert again(lab(Report(failed=many[1:])), ["lab"]) == many[1:]
    with pytest.raises(ValueError, match="6 tests failed"):
        again(lab(Report(failed=many)), ["lab"])


def test_a_run_that_failed_without_a_test_is_not_forgiven() -> None:
    with pytest.raises(ValueError, match="faults: the run failed, but no test of it"):
        again(lab(BAD), ["lab", "faults"])


@pytest.mark.parametrize(
    "tests, report, wrong",
    [
        (BAD, GOOD, "failed: a.py::bad"),
        (GOOD, Report(passed=["b"], skipped=["a.py::idle"]), "skipped: a.py::idle"),
        (GOOD, Report(), "lab: nothing ran"),
        (Report(), GOOD, "tests: nothing ran"),
    ],
)
def test_other_tests_skips_and_a_lab_that_did_not_run_are_not_forgiven(
    tests: Report, report: Report, wrong: str
) -> None:
    assert wrongs(tests, lab(report), Report(passed=["a.py::bad"])) == [wrong]


def test_reports_are_read_so_that_pytest_finds_the_tests_again(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "import pytest\n"
        "@pytest.fixture\n"
        "def messy():\n    yield\n    assert 0\n"
        "def test_good(): pass\n"
        "def test_messy(messy): pass\n"
        "@pytest.mark.parametrize('x', ['a::b c', '[/x]', '$(é)'])\n"
        "def test_bad(x): assert 0\n"
        "@pytest.mark.skip\n"
        "def test_idle(): pass\n"
    )

    def run(*words: str) -> Report:
        argv = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--junitxml=r.xml"]
        subprocess.run([*argv, *words], cwd=tmp_path, capture_output=True, check=False)
        return read(tmp_path / "r.xml")

    first = run("test_it.py")
    assert (first.passed, first.skipped) == (["test_it.py::test_good"], ["test_it.py::test_idle"])
    assert len(first.failed) == 4
    (tmp_path / "again.txt").write_text("".join(f"{node}\n" for node in first.failed))
    assert run("@again.txt").failed == first.failed
