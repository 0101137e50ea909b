"""`podferry [SOURCE [TARGET]]`: the app."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import click

from core.errors import PodferryError, UsageError
from tui.commands.completing import hosts
from tui.commands.session import EXIT_OK, fail, settings_for_app
from tui.printing import is_plain

if TYPE_CHECKING:
    from tui.config import Config
    from tui.remembered import Pair


@click.command("open", hidden=True)
@click.argument("source", required=False, shell_complete=hosts)
@click.argument("target", required=False, shell_complete=hosts)
@click.option("--demo", is_flag=True, help="Open two simulated hosts.")
@click.option("--jobs", type=click.IntRange(1, 16), help="Items at once, by default 4.")
def open_app(source: str | None, target: str | None, demo: bool, jobs: int | None) -> None:
    """Open the app on SOURCE and TARGET; without any, on hosts that are chosen in it."""
    if is_plain(asked=True):
        fail(
            UsageError(
                "the app is a screen, and plain output was asked for",
                todo="podferry --help lists the commands: check, move, attach and others.",
            )
        )
    config = settings_for_app()
    from tui.remembered import Pair

    pair = Pair(source, target or "") if source else None
    if pair is None and not demo:
        if _can_pick():
            pair = _pick(config)
            if pair is None:
                sys.exit(EXIT_OK)
        else:
            demo = _demo_instead()
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        # A mistyped command lands here, too: a script would wait for keys for ever.
        instead = f"{source} is no command, and " if source else ""
        fail(
            UsageError(
                f"{instead}there is no terminal for the app",
                todo="podferry --help lists the commands: check, move, attach and others.",
            )
        )
    code = _open(pair, demo, jobs or config.jobs, config)
    from tui.messages import HOSTS_ASKED

    while code == HOSTS_ASKED:
        if chosen := _pick(config):
            pair, demo = chosen, False
        code = _open(pair, demo, jobs or config.jobs, config)
    sys.exit(code)


def _open(pair: Pair | None, demo: bool, jobs: int, config: Config) -> int:
    from tui.launch import launch

    source, target = (pair.source, pair.target or None) if pair else ("local", None)
    try:
        code = launch(source, target, demo=demo, jobs=jobs, config=config)
    except PodferryError as error:
        fail(error)
    if pair is not None and not demo:
        from tui.remembered import remember_pair

        remember_pair(pair)
    return code


def _can_pick() -> bool:
    """Whether there is a terminal, and anything but this machine to choose."""
    from core.hosts.known import known_hosts
    from tui.remembered import recall

    known = [host for host in known_hosts() if host.name != "local"]
    return sys.stdin.isatty() and sys.stdout.isatty() and bool(recall().pairs or known)


def _pick(config: Config) -> Pair | None:
    """The hosts that the operator chooses. None: it was left."""
    from core.hosts.known import known_hosts
    from tui.pick import PickApp
    from tui.remembered import recall

    app = PickApp(recall().pairs, known_hosts(), config)
    app.run()
    return app.pair


def _demo_instead() -> bool:
    """Whether the demo is opened where there is no host at all. Ends the command otherwise."""
    if shutil.which("podman"):
        return False
    if not (sys.stdin.isatty() and click.confirm("There is no Podman here. Open the demo?")):
        fail(
            UsageError(
                "no Podman on this machine, and no host was named",
                todo="podferry SOURCE TARGET, or podferry --demo.",
            )
        )
    return True
