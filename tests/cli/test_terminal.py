"""The command in a real terminal, as far as it needs no host."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.lab.terminal import Terminal

pytestmark = pytest.mark.skipif(not shutil.which("tmux"), reason="There is no tmux.")
PODFERRY = str(Path(sys.executable).with_name("podferry"))


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Two aliases that nobody answers at."""
    config = tmp_path / "ssh_config"
    config.write_text(
        "Host lab-old lab-new\n  HostName 127.0.0.1\n  Port 1\n  BatchMode yes\nHost *.no\n"
    )
    return {
        "PODFERRY_SSH_CONFIG": str(config),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "PATH": os.environ["PATH"],
    }


def test_hosts_are_chosen_then_opened_then_offered_as_a_pair(environment: dict[str, str]) -> None:
    with Terminal([PODFERRY], environment, (100, 30)) as terminal:
        terminal.wait_for(r"Move from \?")
        terminal.wait_for(r"lab-new +ssh_config")
        terminal.press("End", "Enter")
        terminal.wait_for(r"Move from lab-new to \?")
        terminal.press("End", "Enter")
        terminal.wait_for("nothing marked")
        terminal.press("H")
        terminal.wait_for("lab-new → lab-old")
        terminal.press("Escape")
        terminal.wait_for("nothing marked")
        terminal.press("q")


def test_a_theme_is_remembered_and_settings_are_obeyed(environment: dict[str, str]) -> None:
    folder = Path(environment["XDG_CONFIG_HOME"]) / "podferry"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text('[keys.estate]\nmark-advised = "x"\n')
    with Terminal([PODFERRY, "--demo"], environment, (100, 30)) as terminal:
        terminal.wait_for("nothing marked · x marks")
        terminal.wait_for("● running")
        terminal.press("x")
        terminal.wait_for("1 item marked")
        terminal.press("C-t")
        terminal.press("C-q")
        terminal.wait_for_end()
    assert (Path(environment["XDG_STATE_HOME"]) / "podferry" / "remembered.json").exists()


def test_all_that_was_written_stands_on_the_screen_after_the_end() -> None:
    lines = ["40 120", *(f"line {number}" for number in range(1, 40))]
    argv = ["sh", "-c", "stty size; seq -f 'line %g' 38; printf 'line 39'"]
    with Terminal(argv, {"PATH": os.environ["PATH"]}, (120, 40)) as terminal:
        assert terminal.wait_for_end().splitlines() == lines
