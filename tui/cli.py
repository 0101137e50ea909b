"""The `podferry` command: without a subcommand it opens the app, with one it works headless."""

from __future__ import annotations

from collections import UserDict
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from core import __version__

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_MODULES = {
    "accept": "settle",
    "archives": "archives",
    "attach": "attach",
    "check": "check",
    "checkpoint": "checkpoint",
    "completion": "completion",
    "config": "config",
    "export": "export",
    "fix": "fix",
    "hibernate": "hibernate",
    "inspect": "inspect",
    "ls": "ls",
    "man": "man",
    "move": "move",
    "open": "open_app",
    "probes": "verify",
    "report": "report",
    "restore": "restore",
    "resume": "resume",
    "rollback": "settle",
    "runs": "runs",
    "verify": "verify",
    "wake": "hibernate",
}
"""Each command, and which module of `tui.commands` it is in."""


class _Loaded(UserDict[str, Any]):
    """The commands by name, each loaded when it is first asked for: one start needs one of them."""

    def __getitem__(self, name: str) -> click.Command:
        found: str | click.Command = self.data[name]
        if isinstance(found, str):
            module = vars(import_module(f"tui.commands.{found}"))
            commands = (each for each in module.values() if isinstance(each, click.Command))
            found = self.data[name] = next(each for each in commands if each.name == name)
        return found


class _Commands(click.Group):
    """Whatever is no subcommand is a host: the app is opened on it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if ctx.resilient_parsing and not args:
            # A shell asks what could come: any command, or a host.
            return super().parse_args(ctx, args)
        asking = {"--help", "-h", "--version"}
        own = asking.union(*(parameter.opts for parameter in self.params))
        at = next((n for n, word in enumerate(args) if word not in own), len(args))
        if not asking & {*args[:at]} and (at == len(args) or args[at] not in self.commands):
            args = [*args[:at], "open", *args[at:]]
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        from tui.commands.completing import hosts

        return [*super().shell_complete(ctx, incomplete), *hosts(ctx, self.params[0], incomplete)]


@click.group(
    cls=_Commands,
    commands=_Loaded(_MODULES),
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="podferry")
@click.option("--no-config", is_flag=True, help="Leave the settings alone: podferry config.")
@click.option(
    "--plain",
    is_flag=True,
    envvar="PODFERRY_PLAIN",
    help="Words instead of signs, a fact per line; so too where no terminal reads it.",
)
def main(no_config: bool, plain: bool) -> None:
    """Move pods and containers between Podman hosts.

    podferry [SOURCE [TARGET]] opens the app; --demo opens it on two simulated hosts.

    A host is `local`, ssh://[user@]host[:port][/path/to/socket], an alias from ssh_config, or the
    name of a `podman system connection`.

    Exit codes: 0 all done; 1 some item did not move, and runs on the source; 2 wrong usage, or no
    such host or item; 3 blocked; 4 a host cannot be reached.
    """
    from core.logfile import start_log

    start_log()
