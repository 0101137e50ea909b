"""From the [keys] of the settings to a keymap: names become bindings, and clashes are refused."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping

from textual.binding import Binding
from textual.keys import REPLACED_KEYS, key_to_character
from textual.keys import Keys as TextualKeys

from tui.config import Config, Keys, nearest, wrong
from tui.keymap import declared, display, long_key

WIDGETS = "app", "list", "log", "filter"
"""Names before a dot that are no screens: parts of several, and the app itself."""
_SHARED = "app", "list"
_MODIFIERS = {"ctrl", "alt", "shift", "super", "meta"}


def load_screens() -> Mapping[str, Binding]:
    """All bindings of all screens, by ID."""
    import tui.app
    import tui.screens

    for module in pkgutil.walk_packages(tui.screens.__path__, "tui.screens."):
        importlib.import_module(module.name)
    return declared()


def keymap_of(config: Config) -> Mapping[str, str]:
    """ID of each binding that has other keys to these, with commas between. Raises UsageError."""
    if not config.keys:
        return {}
    bindings = load_screens()
    keymap: dict[str, str] = {}
    # What is said of one screen wins over what is said of all.
    for name, wanted in config.keys.items():
        if isinstance(wanted, str | list):
            all_found = [i for i in bindings if i.partition(".")[2] == name]
            found = [i for i in all_found if not i.startswith("app.")] or all_found
            if not found:
                names = {i.partition(".")[2] for i in bindings}
                raise wrong(f"keys.{name}", "no screen has that action", todo=nearest(name, names))
            keymap.update(dict.fromkeys(found, _keys(f"keys.{name}", wanted)))
    for screen, actions in config.keys.items():
        if isinstance(actions, Mapping):
            keymap.update(_of_screen(screen, actions, bindings))
    keymap = {i: keys for i, keys in keymap.items() if keys != bindings[i].key}
    _refuse_typed(keymap, bindings)
    _refuse_clashes(keymap, bindings)
    return keymap


def _of_screen(
    screen: str, actions: Mapping[str, Keys], bindings: Mapping[str, Binding]
) -> Iterator[tuple[str, str]]:
    own = {i.partition(".")[2] for i in bindings if i.startswith(f"{screen}.")}
    if not own:
        screens = {i.partition(".")[0] for i in bindings}
        raise wrong(f"keys.{screen}", "no such screen", todo=nearest(screen, screens))
    for name, wanted in actions.items():
        place = f"keys.{screen}.{name}"
        if name not in own:
            raise wrong(place, "the screen has no such action", todo=nearest(name, own))
        yield f"{screen}.{name}", _keys(place, wanted)


def _keys(place: str, wanted: Keys) -> str:
    keys = [wanted] if isinstance(wanted, str) else wanted
    if not keys:
        raise wrong(place, "no key", todo="Name at least one, or leave the line out.")
    for key in keys:
        if not _is_key(key):
            todo = 'A key is a character, or such as "f5", "enter", "ctrl+g" or "shift+up".'
            raise wrong(place, f"{key!r} is no key", todo=todo)
    return ",".join(map(long_key, keys))


def _is_key(key: str) -> bool:
    if len(key) == 1:
        return key.isprintable()
    *modifiers, last = key.split("+")
    if not set(modifiers) <= _MODIFIERS or not last.isascii():
        return False
    named = {*TextualKeys, *REPLACED_KEYS, "plus"}
    return len(last) == 1 or last in named or key_to_character(last) is not None


def _refuse_typed(keymap: Mapping[str, str], bindings: Mapping[str, Binding]) -> None:
    """The app's keys come before all others, also before what is typed into a line."""
    for binding_id, keys in keymap.items():
        if not binding_id.startswith("app."):
            continue
        for key in keys.split(","):
            if key_to_character(key) is not None or len(key) == 1:
                todo = "Take one with ctrl, or a function key."
                raise wrong(
                    f"keys.{binding_id}", f"{display(key)} is text where one types", todo=todo
                )


def _refuse_clashes(keymap: Mapping[str, str], bindings: Mapping[str, Binding]) -> None:
    """Defaults may overlap where a part of a screen takes precedence; what is asked for may not."""
    for screen in {i.partition(".")[0] for i in keymap} | screens(bindings):
        parts = (screen, *_SHARED)
        taken: dict[str, str] = {}
        for binding_id in (i for part in parts for i in bindings if i.partition(".")[0] == part):
            for key in _in_force(binding_id, keymap, bindings):
                other = taken.setdefault(key, binding_id)
                if other != binding_id and (other in keymap or binding_id in keymap):
                    mine, theirs = sorted((binding_id, other), key=lambda i: i not in keymap)
                    what = f"{display(key)} is also the key of {theirs}"
                    raise wrong(f"keys.{mine}", what, todo="Give one of them another key.")


def screens(bindings: Iterable[str]) -> set[str]:
    """The screens' names, from IDs of bindings."""
    return {i.partition(".")[0] for i in bindings} - set(WIDGETS)


def _in_force(
    binding_id: str, keymap: Mapping[str, str], bindings: Mapping[str, Binding]
) -> list[str]:
    keys = keymap.get(binding_id) or bindings[binding_id].key
    return [long_key(key) for key in keys.split(",")]
