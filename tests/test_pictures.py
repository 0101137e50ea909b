"""The README's pictures show the app as it is: made again, they are the same."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SHOWN = ROOT / "screenshots"


def words(picture: Path) -> str:
    """The picture without the digest of its contents that Textual puts into all its names."""
    return re.sub(r"terminal-\d+-", "terminal-", picture.read_text())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    done = subprocess.run(
        [sys.executable, str(SHOWN / "make.py"), str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


def test_all_are_made(made: Path) -> None:
    assert {p.name for p in made.glob("*.svg")} == {p.name for p in SHOWN.glob("*.svg")}


@pytest.mark.parametrize("name", sorted(p.name for p in SHOWN.glob("*.svg")))
def test_a_picture_is_what_the_app_looks_like(made: Path, name: str) -> None:
    same = words(made / name) == words(SHOWN / name)
    assert same, f"screenshots/{name} is out of date: make screenshots"
