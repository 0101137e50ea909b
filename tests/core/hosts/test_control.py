"""The last to leave a folder of control sockets knows it, however the others went."""

import subprocess
import sys
from pathlib import Path

import pytest

from core.hosts.control import ControlFolder

STAY = """
import sys
from pathlib import Path
from core.hosts.control import ControlFolder
folder = ControlFolder(Path(sys.argv[1]))
print("in", flush=True)
sys.stdin.read()
"""


def test_one_alone_leaves_last() -> None:
    folder = ControlFolder()
    assert folder.path.stat().st_mode & 0o777 == 0o700
    assert folder.leave()
    folder.path.rmdir()


def test_only_the_last_of_two_leaves_last() -> None:
    first = ControlFolder()
    second = ControlFolder(first.path)
    assert not first.leave()
    assert second.leave()
    first.path.rmdir()


def test_one_that_was_killed_is_in_no_folder() -> None:
    ours = ControlFolder()
    with subprocess.Popen(
        [sys.executable, "-c", STAY, str(ours.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout
        assert other.stdout.readline() == b"in\n"
        assert not ours.leave()
        again = ControlFolder(ours.path)
        other.kill()
        other.wait()
        assert again.leave()
    ours.path.rmdir()


def test_a_folder_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        ControlFolder(tmp_path / "gone")
