"""`podferry config`, and what a bad file does to the other commands."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tui.cli import main
from tui.commands.session import EXIT_OK, EXIT_USAGE


@pytest.fixture(autouse=True)
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "podferry").mkdir()
    return tmp_path / "podferry" / "config.toml"


def podferry(*args: str) -> Result:
    return CliRunner().invoke(main, list(args), catch_exceptions=False)


def test_the_default_is_all_comments_and_right_without_them(settings: Path) -> None:
    done = podferry("config")
    assert done.exit_code == EXIT_OK
    tables = tomllib.loads(done.output)
    assert set(tables) == {"keys"}
    assert not any(tables["keys"].values())
    settings.write_text(re.sub(r"^# ([a-z0-9-]+ = )", r"\1", done.output, flags=re.MULTILINE))
    assert podferry("config", "--check").output == f"{settings} is right\n"


def test_what_is_in_force_can_be_put_into_the_file(settings: Path) -> None:
    settings.write_text('theme = "light"\njobs = 2\n[keys]\nhelp = ["f1", "?"]\n')
    printed = podferry("config").output
    assert '\ntheme = "light"\n' in printed
    assert "\njobs = 2\n" in printed
    assert '\nhelp = ["f1", "question_mark"]' in printed
    settings.write_text(printed)
    assert podferry("config").output == printed


def test_a_bad_file_stops_what_would_use_it_and_only_that(settings: Path) -> None:
    settings.write_text('them = "\x1b[31m"\n')
    settings.write_text("them = 'light'\n")
    for args in (["config"], ["config", "--check"], ["--demo"], ["move", "a", "b", "c"]):
        done = podferry(*args)
        assert done.exit_code == EXIT_USAGE
        assert "line 1: them: no such setting" in done.output
        assert "Did you mean theme?" in done.output
    assert podferry("--no-config", "config").exit_code == EXIT_OK
    assert podferry("runs").exit_code == EXIT_OK


def test_a_settings_folder_that_is_none_holds_no_settings(
    settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.write_text("")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(settings))
    assert podferry("config").exit_code == EXIT_OK


@pytest.mark.parametrize(
    "text,line,told",
    [
        ('jobs = 2\n[keys]\n# more\nhelpp = "f1"\n', 4, "keys.helpp"),
        ('[keys]\nhelp = "f1"\n\n[keys.estate]\ngoo = "f1"\n', 5, "keys.estate.goo"),
        ('[keys]\nestate.goo = "f1"\n', 2, "keys.estate.goo"),
        ('keys.estate = { goo = "f1" }\n', 1, "keys.estate.goo"),
        ('[keys]\nhelp = "no-key"\n', 2, "keys.help"),
        ('[keys]\n\n[ keys . "nowhere" ]\ngo = "f1"\n', 3, "keys.nowhere"),
        ('[keys]\nhelp = "f1"\nquit = "f1"\n', 2, "is also the key of"),
        ("[keys]\nhelp = 3\n", 1, "keys"),
    ],
)
def test_a_mistake_among_the_keys_has_its_line(
    settings: Path, text: str, line: int, told: str
) -> None:
    settings.write_text(text)
    done = podferry("config", "--check")
    assert done.exit_code == EXIT_USAGE
    assert f"line {line}: " in done.output, done.output
    assert told in done.output
