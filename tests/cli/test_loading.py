"""What a start loads: a module that is loaded for nothing costs every start its time."""

import subprocess
import sys

import pytest


def loaded(code: str) -> set[str]:
    """The modules that a fresh Python has after some code."""
    script = f"import sys\n{code}\nprint(*sys.modules)"
    argv = [sys.executable, "-c", script]
    return set(subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split())


@pytest.mark.parametrize(
    "code, without",
    [
        ("import tui.cli", {"asyncio", "textual", "rich", "sqlite3", "tui.commands.move"}),
        (
            "import tui.commands.open_app, core.podman.real.reach",
            {"textual", "rich", "podman", "core.migrate.events", "core.checks.verdicts"},
        ),
        ("import tui.app", {"podman", "core.checks.verdicts", "core.migrate", "core.plan"}),
        (
            "from core.podman.real.observer import _podman_client\n_podman_client()",
            {"rich", "textual", "click"},
        ),
    ],
    ids=["command", "hosts", "app", "podman-py"],
)
def test_nothing_is_loaded_before_it_is_needed(code: str, without: set[str]) -> None:
    assert not loaded(code) & without


def test_podman_py_leaves_rich_to_others() -> None:
    code = "from core.podman.real.observer import _podman_client\n_podman_client()"
    assert "rich.progress" in loaded(f"{code}\nimport rich.progress")
