"""The `podferry` command: without a subcommand it opens the app, with one it works headless."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem

from core import __version__
from tui.commands.archives import archives
from tui.commands.attach import attach
from tui.commands.check import check
from tui.commands.checkpoint import checkpoint
from tui.commands.completion import completion
from tui.commands.config import config
from tui.commands.export import export
from tui.commands.fix import fix
from tui.commands.hibernate import hibernate, wake
from tui.commands.inspect import inspect
from tui.commands.ls import ls
from tui.commands.man import man
from tui.commands.move import move
from tui.commands.open_app import open_app
from tui.commands.report import report
from tui.commands.restore import restore
from tui.commands.resume import resume
from tui.commands.runs import runs
from tui.commands.settle import accept, rollback
from tui.commands.verify import probes, verify


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


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
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


_ALL = (
    open_app, ls, check, fix, move, attach, resume, accept, rollback, runs, verify, probes,
    checkpoint, restore, export, hibernate, wake, archives, inspect, report,
    config, completion, man,
)  # fmt: skip
for command in _ALL:
    main.add_command(command)
