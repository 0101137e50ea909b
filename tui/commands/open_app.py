"""`podferry [SOURCE [TARGET]]`: the app."""

from __future__ import annotations

import shutil
import sys

import click

from core.errors import PodferryError, UsageError
from tui.commands.session import fail, settings_for_app


@click.command("open", hidden=True)
@click.argument("source", required=False)
@click.argument("target", required=False)
@click.option("--demo", is_flag=True, help="Open two simulated hosts.")
@click.option("--jobs", type=click.IntRange(1, 16), help="Items at once, by default 4.")
def open_app(source: str | None, target: str | None, demo: bool, jobs: int | None) -> None:
    """Open the app on SOURCE and TARGET."""
    if not demo and source is None and not shutil.which("podman"):
        if not (sys.stdin.isatty() and click.confirm("There is no Podman here. Open the demo?")):
            fail(
                UsageError(
                    "no Podman on this machine, and no host was named",
                    todo="podferry SOURCE TARGET, or podferry --demo.",
                )
            )
        demo = True
    from tui.launch import launch

    config = settings_for_app()
    at_once = jobs or config.jobs
    try:
        code = launch(source or "local", target, demo=demo, jobs=at_once, config=config)
    except PodferryError as error:
        fail(error)
    sys.exit(code)
