"""`podferry completion`."""

from __future__ import annotations

import click

SHELLS = "bash", "zsh", "fish"


def script(group: click.Command, shell: str) -> str:
    """What the shell is to read so that it completes `podferry`."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    if kind is None:
        raise ValueError(shell)
    made = kind(group, {}, "podferry", "_PODFERRY_COMPLETE")
    return made.source_template % made.source_vars()


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    """Print the script that has SHELL complete commands, options, hosts and runs.

    For bash: eval "$(podferry completion bash)" in ~/.bashrc; for zsh the same with zsh in
    ~/.zshrc; for fish: podferry completion fish > ~/.config/fish/completions/podferry.fish.
    """
    click.echo(script(click.get_current_context().find_root().command, shell))
