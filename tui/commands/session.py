"""What the subcommands share: their exit codes, and hosts for the time of a piece of work."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from core.errors import (
    HostUnfit,
    HostUnreachable,
    ItemBlocked,
    NoSuchHost,
    NoSuchItem,
    PodferryError,
    UsageError,
)
from tui.printing import printable

if TYPE_CHECKING:
    from core.podman.real import RealEngine
    from tui.config import Config

EXIT_OK, EXIT_NOT_ALL, EXIT_USAGE, EXIT_BLOCKED, EXIT_UNREACHABLE = range(5)
_T = TypeVar("_T")
_log = logging.getLogger(__name__)


def _told(error: PodferryError) -> str:
    if not error.detail:
        return str(error)
    from core.migrate.explain import explain

    return explain(error)


def fail(error: PodferryError) -> NoReturn:
    """Tell an error and end with its exit code."""
    click.echo(printable(f"podferry: {_told(error)}"), err=True)
    match error:
        case ItemBlocked():
            code = EXIT_BLOCKED
        case UsageError() | NoSuchHost() | NoSuchItem():
            code = EXIT_USAGE
        case HostUnreachable() | HostUnfit():
            code = EXIT_UNREACHABLE
        case _:
            code = EXIT_NOT_ALL
    sys.exit(code)


def settings() -> Config:
    """The operator's settings, or the defaults with --no-config; a bad file ends the command."""
    from tui.config import DEFAULTS, load_config

    if click.get_current_context().find_root().params.get("no_config"):
        return DEFAULTS
    try:
        return load_config()
    except UsageError as error:
        fail(error)


def settings_for_app() -> Config:
    """The same, with their keys in force."""
    config = settings()
    if config.keys:
        from tui.key_rules import keymap_of
        from tui.keymap import remap

        try:
            remap(keymap_of(config))
        except UsageError as error:
            fail(error)
    return config


def reach_hosts(*hosts: str) -> list[RealEngine]:
    """Engines for the hosts; ssh asks what it must on the terminal, if there is one."""
    from core.podman.real.reach import open_masters, reach

    if len(set(hosts)) < len(hosts):
        raise UsageError("source and target are the same host", todo="Name two different hosts.")
    engines = [reach(host) for host in hosts]
    for failure in open_masters(engines, on_terminal=sys.stdin.isatty()).values():
        raise failure
    return engines


def run(work: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
    """Do a piece of work on an event loop; an error that it raises ends the command."""
    try:
        return asyncio.run(work())
    except PodferryError as error:
        fail(error)
    except BrokenPipeError:
        raise
    except click.Abort:
        click.echo("\npodferry: no answer, so nothing was done. --yes does not ask.", err=True)
        sys.exit(EXIT_NOT_ALL)
    except Exception as error:
        from core.journal.journal import log_path

        _log.exception("podferry stopped")
        click.echo(printable(f"podferry: a defect: {error!r}. More is in {log_path()}"), err=True)
        sys.exit(EXIT_NOT_ALL)


async def with_hosts(hosts: tuple[str, ...], work: Callable[..., Coroutine[Any, Any, _T]]) -> _T:
    """Do a piece of work with an engine for each host, connected meanwhile."""
    return await with_engines(reach_hosts(*hosts), work)


async def with_engines(
    engines: Sequence[RealEngine], work: Callable[..., Coroutine[Any, Any, _T]]
) -> _T:
    """The same with engines whose masters stand."""
    try:
        await asyncio.gather(*(engine.connect() for engine in engines))
        return await work(*engines)
    finally:
        await asyncio.gather(*(engine.close() for engine in engines), return_exceptions=True)
