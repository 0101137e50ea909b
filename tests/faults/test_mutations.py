"""The matrix finds bugs: each planted one makes a case of its own fail."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.matrix import cases
from tests.faults.mutations import MUTATIONS, Mutation

ROOT = Path(__file__).parents[2]
_FAILED = 1
"""What pytest exits with when a test has failed, and not for any other trouble."""


@pytest.mark.parametrize("mutation", MUTATIONS, ids=str)
def test_a_planted_bug_is_found(mutation: Mutation, tmp_path: Path) -> None:
    copy = tmp_path / "tree"
    for part in ("core", "tests/faults"):
        shutil.copytree(
            ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__", "real")
        )
    for part in ("pyproject.toml", "tests/__init__.py"):
        shutil.copy(ROOT / part, copy / part)
    for name, old, new in ((mutation.file, mutation.old, mutation.new), mutation.net):
        if name:
            text = (copy / name).read_text()
            assert text.count(old) == 1, "the bug cannot be planted: mend mutations.py"
            (copy / name).write_text(text.replace(old, new))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *mutation.tests],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == _FAILED, done.stdout[-3000:] + done.stderr[-1000:]


def test_the_cases_that_find_them_are_of_the_matrix() -> None:
    known = {str(case) for case in cases()}
    named = {case for bug in MUTATIONS for case in bug.cases if not case.startswith("test_")}
    assert named <= known
