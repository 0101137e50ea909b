"""The `podferry` command: without a subcommand it opens the app, with one it works headless."""

from __future__ import annotations

import click

from core import __version__
from tui.commands.attach import attach
from tui.commands.check import check
from tui.commands.fix import fix
from tui.commands.ls import ls
from tui.commands.move import move
from tui.commands.open_app import open_app
from tui.commands.report import report
from tui.commands.resume import resume
from tui.commands.runs import runs
from tui.commands.settle import accept, rollback


class _Commands(click.Group):
    """Whatever is no subcommand is a host: the app is opened on it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        own = {"--help", "-h", "--version"}
        if not args or (args[0] not in self.commands and args[0] not in own):
            args = ["open", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="podferry")
def main() -> None:
    """Move pods and containers between Podman hosts.

    podferry [SOURCE [TARGET]] opens the app; --demo opens it on two simulated hosts.

    A host is `local`, ssh://[user@]host[:port][/path/to/socket], an alias from ssh_config, or the
    name of a `podman system connection`.

    Exit codes: 0 all done; 1 some item did not move, and runs on the source; 2 wrong usage, or no
    such host or item; 3 blocked; 4 a host cannot be reached.
    """
    from core.logfile import start_log

    start_log()


for command in (open_app, ls, check, fix, move, attach, resume, accept, rollback, runs, report):
    main.add_command(command)
