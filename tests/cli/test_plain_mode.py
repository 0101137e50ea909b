"""Words instead of signs: asked for, or because no terminal reads."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from core.journal.journal import runs_folder
from tui.cli import main
from tui.commands.session import EXIT_USAGE
from tui.printing import printable, worded

SIGNS = "→…✓✗■⚑●○◐·█░│─┌┐"


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("PODFERRY_PLAIN", raising=False)


@pytest.mark.parametrize(
    "text, words",
    [
        ("old → new", "old to new"),
        ("8080→80", "8080 to 80"),
        ("✓ ready ███░░ 60 %", "good ready  60 %"),
        ("┌─┐│x│", "x"),
        ("größe, 5 µs", "größe, 5 µs"),
        ("", ""),
    ],
)
def test_signs_become_words(text: str, words: str) -> None:
    assert worded(text) == words


def test_no_sign_is_left() -> None:
    assert worded(SIGNS).isascii()


def said(*args: str, terminal: bool, monkeypatch: pytest.MonkeyPatch, **env: str) -> str:
    @click.command()
    def show() -> None:
        monkeypatch.setattr("sys.stdout.isatty", lambda: terminal, raising=False)
        click.echo(printable("a → b"))

    monkeypatch.setitem(main.commands, "show", show)
    return CliRunner().invoke(main, [*args, "show"], env=env, catch_exceptions=False).output


def test_on_a_terminal_signs_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    assert said(terminal=True, monkeypatch=monkeypatch) == "a → b\n"


def test_asked_for_by_option_variable_or_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    assert said("--plain", terminal=True, monkeypatch=monkeypatch) == "a to b\n"
    assert said(terminal=True, monkeypatch=monkeypatch, PODFERRY_PLAIN="1") == "a to b\n"
    assert said(terminal=False, monkeypatch=monkeypatch) == "a to b\n"


def test_the_app_is_refused() -> None:
    for args, env in ((["--plain", "--demo"], {}), (["--demo"], {"PODFERRY_PLAIN": "1"})):
        done = CliRunner().invoke(main, args, env=env)
        assert done.exit_code == EXIT_USAGE
        assert "the app is a screen" in done.output


def test_runs_are_told_without_columns() -> None:
    (runs_folder()).mkdir(parents=True)
    (runs_folder() / "20260131-235959-3fa9.sqlite").write_text("no journal")
    assert "  " not in CliRunner().invoke(main, ["--plain", "runs"]).output.strip()
