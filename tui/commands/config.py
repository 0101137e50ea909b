"""`podferry config`: the settings, with what is in force."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from core.errors import UsageError
from tui.commands.session import fail
from tui.printing import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tui.config import Config


@click.command()
@click.option("--check", is_flag=True, help="Say only whether the file is right.")
def config(check: bool) -> None:
    """Print the settings in force as a settings file, each with what it is for.

    What is at its default is a comment. The file is podferry/config.toml in $XDG_CONFIG_HOME, by
    default ~/.config; the output can be put there.
    """
    from tui.config import DEFAULTS, config_path, load_config
    from tui.key_rules import keymap_of

    in_force = DEFAULTS
    try:
        if not click.get_current_context().find_root().params["no_config"]:
            in_force = load_config()
        keymap = keymap_of(in_force)
    except UsageError as error:
        fail(error)
    path = config_path()
    if check:
        state = "is right" if path.exists() else "is not there: all is at its default"
        click.echo(printable(f"{path} {state}"))
        return
    for line in (f"# {path}", *_lines(in_force, keymap)):
        click.echo(printable(line))


def _lines(config: Config, keymap: Mapping[str, str]) -> Iterator[str]:
    from tui.config import DEFAULTS, SETTINGS

    for name, (purpose, allowed) in SETTINGS.items():
        yield ""
        yield f"# {purpose}"
        yield f"# {name}: {allowed}."
        if name != "keys":
            value = getattr(config, name)
            mark = "# " if value == getattr(DEFAULTS, name) else ""
            yield f"{mark}{name} = {_toml(value)}"
    yield from _key_lines(keymap)


def _key_lines(keymap: Mapping[str, str]) -> Iterator[str]:
    from tui.key_rules import load_screens

    bindings = load_screens()
    yield "# An action that several screens have can stand in [keys] itself, and is then for all."
    for screen in sorted({binding_id.partition(".")[0] for binding_id in bindings}):
        yield ""
        yield f"[keys.{screen}]"
        for binding_id, binding in bindings.items():
            where, _, name = binding_id.partition(".")
            if where != screen:
                continue
            mark = "" if binding_id in keymap else "# "
            keys = [key.strip() for key in (keymap.get(binding_id) or binding.key).split(",")]
            meaning = binding.tooltip or binding.description
            yield f"{mark}{name} = {_toml(keys[0] if len(keys) == 1 else keys)}  # {meaning}"


def _toml(value: str | int | list[str]) -> str:
    """JSON's strings, numbers and lists of strings are TOML's too."""
    import json

    return json.dumps(value)
