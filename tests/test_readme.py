"""What the README shows and names exists."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from pathlib import Path

import pytest
from textual.binding import Binding, BindingType

from core.folders import config_folder, state_folder
from tui.app import PodferryApp
from tui.cli import main
from tui.screens.details.screen import DetailsScreen
from tui.screens.estate.keys import SCREEN_KEYS
from tui.screens.plan import PlanScreen
from tui.screens.run.keys import KEYS
from tui.screens.verify.screen import VerifyScreen

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
SPOKEN = [
    *re.findall(r"`([^`\n]+)`", README),
    *"".join(re.findall(r"(?s)```sh\n(.*?)```", README)).splitlines(),
]
COMMANDS = sorted(
    {
        line.partition("#")[0].strip()
        for line in SPOKEN
        if re.match(r"(\.venv/bin/)?podferry ", line)
    }
)
ROW = re.compile(r"^\| (`[^|]*) \| ([a-z ,/]+) \| [^|]* \|$", re.MULTILINE)
PICTURES = sorted((ROOT / "screenshots").glob("*.svg"))
SCREENS: dict[str, Sequence[BindingType]] = {
    "estate": SCREEN_KEYS,
    "plan": PlanScreen.BINDINGS,
    "run": KEYS,
    "details": DetailsScreen.BINDINGS,
    "evidence": VerifyScreen.BINDINGS,
}


def keys(bindings: Sequence[BindingType]) -> set[str]:
    found = set()
    for binding in [*bindings, *PodferryApp.BINDINGS]:
        assert isinstance(binding, Binding)
        found |= {*binding.key.split(","), binding.key_display or ""}
    return found


@pytest.mark.parametrize("path", sorted({*re.findall(r"\]\(([^)#]+)\)", README)}))
def test_what_is_linked_exists(path: str) -> None:
    assert (ROOT / path).is_file()


def test_every_picture_is_shown() -> None:
    assert all(f"screenshots/{picture.name}" in README for picture in PICTURES)


@pytest.mark.parametrize("picture", PICTURES, ids=lambda p: p.name)
def test_pictures_load_nothing(picture: Path) -> None:
    svg = picture.read_text()
    assert set(re.findall(r"\w+://[^\s\"'<)]*", svg)) <= {"http://www.w3.org/2000/svg"}
    assert "@font-face" not in svg
    assert "<script" not in svg


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_are_understood(command: str) -> None:
    group = main.make_context("podferry", shlex.split(command)[1:])
    name, found, rest = main.resolve_command(group, [*group._protected_args, *group.args])
    assert found
    found.make_context(name, rest)


def test_every_command_is_told() -> None:
    told = " ".join(COMMANDS)
    for name, command in main.commands.items():
        assert command.hidden or f"podferry {name} " in told


@pytest.mark.parametrize(
    "target", sorted({*re.findall(r"\bmake ([a-z-]+)\b(?=[`\s])", "\n".join(SPOKEN))})
)
def test_make_has_the_target(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize(
    "row", [pytest.param(m, id=m[1].replace("`", "")) for m in ROW.finditer(README)]
)
def test_keys_are_bound(row: re.Match[str]) -> None:
    names = {*re.findall(r"[a-z]+", row[2])} - {"everywhere"}
    assert names <= SCREENS.keys()
    for key in re.findall(r"`([^`]+)`", row[1]):
        assert all(key in keys(SCREENS[name]) for name in names), key


def test_variables_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sources = "".join(
        p.read_text() for part in ("core", "tui") for p in (ROOT / part).rglob("*.py")
    )
    for variable in re.findall(r"^- `([A-Z_]+)`", README, re.MULTILINE):
        if variable.startswith("XDG_"):
            monkeypatch.setenv(variable, str(tmp_path / variable))
        else:
            assert f'"{variable}"' in sources
    assert state_folder() == tmp_path / "XDG_STATE_HOME" / "podferry"
    assert config_folder() == tmp_path / "XDG_CONFIG_HOME" / "podferry"
