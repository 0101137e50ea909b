"""Other keys than the declared ones: what is refused, and that all texts follow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.binding import Binding

from core.errors import UsageError
from tests.tui.estate.stage import lines, make_app, new_host, old_host, until, until_listed
from tui.config import Config, load_config
from tui.key_rules import keymap_of, load_screens, screens
from tui.keymap import in_force, remap
from tui.screens.help.screen import HelpScreen


@pytest.fixture(autouse=True)
def _own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    yield
    remap({})


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    folder = tmp_path / "podferry"
    folder.mkdir()
    return folder / "config.toml"


def told(settings: Path, text: str) -> str:
    """What is said of these settings."""
    settings.write_text(text)
    with pytest.raises(UsageError) as error:
        keymap_of(load_config())
    assert "--no-config" in error.value.todo
    assert error.value.host.startswith(str(settings))
    return str(error.value)


def test_without_a_file_all_is_at_its_default() -> None:
    assert load_config() == Config()
    assert keymap_of(load_config()) == {}


@pytest.mark.parametrize(
    "text, words",
    [
        ("thme = 1", ["line 1: thme: no such setting", "Did you mean theme?"]),
        ("\n\ntheme = 'drak'", ["line 3: theme: Invalid enum value 'drak'", "dark, light"]),
        ("jobs = 0", ["jobs: Expected `int` >= 1", "1 to 16"]),
        ("jobs = 'four'", ["jobs: Expected `int`"]),
        ("notify = true", ["notify: ", "away, always or never"]),
        ("\ntheme = \njobs = 1", ["not TOML", "line 2"]),
        ("[" * 5000, ["not TOML"]),
        ("keys = 3", ["keys: ", "a table of action"]),
        ("[keys]\ngo = 3", ["keys: "]),
        ("[keys]\ngoo = 'x'", ["keys.goo: no screen has that action", "Did you mean go?"]),
        ("[keys.estat]\ngo = 'x'", ["keys.estat: no such screen", "Did you mean estate?"]),
        ("[keys.estate]\ngoo = 'x'", ["keys.estate.goo", "Did you mean go?"]),
        ("[keys.estate]\ngo = 'xy'", ["'xy' is no key"]),
        ("[keys.estate]\ngo = ''", ["'' is no key"]),
        ("[keys.estate]\ngo = 'a,b'", ["'a,b' is no key"]),
        ("[keys.estate]\ngo = '\\u001b'", ["is no key"]),
        ("[keys.estate]\ngo = []", ["no key"]),
        (
            "[keys.estate]\ngo = 'c'",
            ["keys.estate.go: c is also the key of estate.mark-checkpoint"],
        ),
        ("[keys.estate]\ngo = 'k'", ["k is also the key of estate.up"]),
        ("[keys.plan]\nyaml = 'k'", ["k is also the key of list.up"]),
        ("[keys]\ngo = 'ctrl+t'", ["ctrl+t is also the key of app.next-theme"]),
        ("[keys.estate]\ngo = 'x'\nkube = 'x'", ["keys.estate.kube"]),
        ("[keys.estate]\ngo = 'x'\nmark-kube = 'x'", ["x is also the key of"]),
        ("[keys.app]\nquit = 'x'", ["keys.app.quit: x is text where one types"]),
    ],
)
def test_what_is_wrong_is_told(settings: Path, text: str, words: list[str]) -> None:
    message = told(settings, text)
    for word in words:
        assert word in message


def test_a_file_that_is_no_text_is_told(settings: Path) -> None:
    settings.write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="cannot be read"):
        load_config()


def test_keys_can_be_swapped_and_named_for_all_screens_at_once(settings: Path) -> None:
    settings.write_text(
        '[keys]\nhelp = ["f1", "?"]\n[keys.estate]\nmark-kube = "c"\n'
        'mark-checkpoint = "e"\nquit = ","\n'
    )
    keymap = keymap_of(load_config())
    assert keymap["estate.mark-kube"] == "c"
    assert keymap["estate.quit"] == "comma"
    assert keymap["plan.help"] == keymap["run.help"] == "f1,question_mark"


async def test_the_app_obeys_the_new_keys_and_names_them_everywhere() -> None:
    remap(keymap_of(Config(keys={"help": "f1", "estate": {"mark-advised": "x", "go": "f5"}})))
    app = make_app(old_host(), new_host())
    async with app.run_test(size=(120, 40)) as pilot:
        await until_listed(pilot, app)
        shown = "\n".join(lines(app))
        assert "nothing marked · x marks," in shown
        assert " x Mark" in lines(app)[-1]
        assert " f5 Go" in lines(app)[-1]
        assert " f1 Help" in lines(app)[-1]
        await pilot.press("space")
        assert app.estate_screen.marks == {}
        await pilot.press("x")
        assert len(app.estate_screen.marks) == 1
        commands = {c.title: c.help for c in app.get_system_commands(app.screen)}
        assert commands["Mark"].startswith("x ")
        await pilot.press("f1")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        assert any("  x " in line and "Mark by the advised route" in line for line in lines(app))


def test_one_key_is_shown_of_several() -> None:
    for binding in load_screens().values():
        assert binding.key == "comma" or "," not in in_force(binding).key


def test_every_binding_has_a_name_that_is_its_own() -> None:
    bindings = load_screens()
    assert {"estate", "plan", "preflight", "run", "resume", "help"} <= screens(bindings)
    from textual.screen import Screen

    def below(kind: type[object]) -> Iterator[type[object]]:
        for each in kind.__subclasses__():
            yield each
            yield from below(each)

    for screen in below(Screen):
        if screen.__module__.startswith("tui."):
            for binding in screen.__dict__.get("BINDINGS", ()):
                assert isinstance(binding, Binding)
                if not binding.action:
                    continue  # Only a word in the last line.
                assert binding.id, f"{screen}: {binding.key} has no name: named() gives it one"
                assert bindings[binding.id].action == binding.action
                assert binding.description


def test_no_default_keys_of_a_screen_clash() -> None:
    for screen in screens(load_screens()):
        taken: dict[str, str] = {}
        for binding_id, binding in load_screens().items():
            if binding_id.startswith(f"{screen}."):
                for key in binding.key.split(","):
                    assert taken.setdefault(key, binding_id) == binding_id
