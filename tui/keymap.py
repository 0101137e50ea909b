"""Which key does what: each action of a screen has a name, and the operator may give it other keys.

The process has one keymap, as it has one locale: it is set before the app opens.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping

from textual.binding import Binding, BindingType
from textual.keys import _character_to_key, format_key

_declared: dict[str, Binding] = {}
"""By ID, such as `estate.go`, as the screens declare them."""
_remapped: dict[str, str] = {}
"""ID to the keys that the operator wants, with commas between them."""


def named(screen: str, bindings: Iterable[BindingType]) -> list[BindingType]:
    """The bindings with IDs: the screen's name and theirs, which is by default their action's."""
    made: list[BindingType] = []
    for binding in bindings:
        if isinstance(binding, Binding) and binding.action:
            name = binding.id or _name(binding.action)
            whole = dataclasses.replace(binding, id=f"{screen}.{name}")
            made.append(whole)
            _declared.setdefault(f"{screen}.{name}", whole)
        else:
            made.append(binding)
    return made


def _name(action: str) -> str:
    """`mark-checkpoint` of `mark('checkpoint')`."""
    return "-".join(re.findall(r"[a-z0-9]+", action.removeprefix("app.").lower()))


def declared() -> Mapping[str, Binding]:
    """All bindings of the screens that are loaded, by ID."""
    return _declared


def remap(keymap: Mapping[str, str]) -> None:
    """Have these keys, with commas between them, instead of the declared ones, by ID."""
    _remapped.clear()
    _remapped.update({i: ",".join(map(long_key, k.split(","))) for i, k in keymap.items()})


def remapped() -> Mapping[str, str]:
    """What was last asked for, in Textual's names of keys."""
    return _remapped


def keys_of(binding_id: str) -> list[str]:
    """The keys in force for a declared binding, in Textual's names."""
    keys = _remapped.get(binding_id) or _declared[binding_id].key
    return [key.strip() for key in keys.split(",")]


def shown(binding_id: str) -> str:
    """The first key in force, as texts on the screen name it."""
    binding = in_force(_declared[binding_id])
    return binding.key_display or display(keys_of(binding_id)[0])


def in_force(binding: Binding) -> Binding:
    """The binding with the first of its keys, or of those that the operator gave it."""
    keys = _remapped.get(binding.id or "")
    if keys is None:
        return dataclasses.replace(binding, key=binding.key.partition(",")[0])
    return dataclasses.replace(binding, key=keys.partition(",")[0], key_display=None)


def display(key: str) -> str:
    """A key as people write it: `ctrl+t`, `?`, `esc`."""
    *modifiers, last = key.split("+")
    short = {"escape": "esc", "pageup": "page up", "pagedown": "page down"}
    return "+".join([*modifiers, short.get(last) or format_key(last)])


def long_key(key: str) -> str:
    """Textual's name of a key: `question_mark` of `?`."""
    key = key.strip()
    return _character_to_key(key) if len(key) == 1 else key
