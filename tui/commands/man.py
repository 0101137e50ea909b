"""`podferry man`: the manual page, made of what --help says."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import click

_FILES = (
    ("~/.config/podferry/config.toml", "Settings: podferry config."),
    ("~/.local/state/podferry/runs", "The journals of all runs."),
    ("~/.local/state/podferry/podferry.log", "Where a stack trace goes."),
)
_ENVIRONMENT = (
    ("NO_COLOR", "No colour at all."),
    ("PODFERRY_PLAIN", "As with --plain."),
    ("PODFERRY_SSH_CONFIG", "ssh's configuration, in place of ~/.ssh/config."),
    ("XDG_CONFIG_HOME, XDG_STATE_HOME", "In place of ~/.config and ~/.local/state."),
)


@click.command()
def man() -> None:
    """Print the manual page: podferry man | man -l -."""
    root = click.get_current_context().find_root().command
    click.echo("\n".join(page(root)))


def page(root: click.Command) -> Iterator[str]:
    """The lines of the page, as man(7) has them."""
    from core import __version__

    context = click.Context(root, info_name="podferry", **root.context_settings)
    yield f'.TH PODFERRY 1 "" "podferry {__version__}" "User Commands"'
    yield from (".SH NAME", f"podferry \\- {_text(root.get_short_help_str(80))}")
    yield from (".SH SYNOPSIS", ".B podferry", "[OPTIONS] [SOURCE [TARGET]]", ".br")
    yield from (".B podferry", "[OPTIONS] COMMAND [ARGS]...")
    yield ".SH DESCRIPTION"
    yield from _paragraphs(root.help or "")
    yield ".SH OPTIONS"
    yield from _options(root, context)
    if isinstance(root, click.Group):
        yield ".SH COMMANDS"
        for name, command in sorted(root.commands.items()):
            if not command.hidden:
                yield from _command(name, command, context)
    for title, entries in (("FILES", _FILES), ("ENVIRONMENT", _ENVIRONMENT)):
        yield f".SH {title}"
        for term, meaning in entries:
            yield from (".TP", f".B {_text(term)}", _text(meaning))


def _command(name: str, command: click.Command, parent: click.Context) -> Iterator[str]:
    context = click.Context(command, info_name=name, parent=parent)
    usage = " ".join(command.collect_usage_pieces(context))
    yield f".SS podferry {_text(name)} {_text(usage)}"
    yield from _paragraphs(command.help or "")
    yield from _options(command, context)


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None and record[1]:
            yield from (".TP", f".B {_text(record[0])}", _text(record[1]))


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in re.split(r"\n\s*\n", inspect.cleandoc(text)):
        yield from (".PP", _text(" ".join(paragraph.split())))


def _text(text: str) -> str:
    """Text that is nothing but text to roff."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{escaped}" if escaped[:1] in (".", "'") else escaped
