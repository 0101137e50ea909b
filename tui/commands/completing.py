"""What a shell completes: hosts that this machine knows, runs, and what is on a host or in a run.

Only the names on a host are asked for there: without prompting, for a moment, and quietly.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from tui.remembered import SeenNames

_HARMLESS = re.compile(r"[\w@%+=:,./\[\]-]+")
"""Names that a shell takes as they stand: what click hands over is not quoted."""
_PATIENCE_S = 4.0
"""Whoever pressed a key waits."""
_FRESH_S = 30.0
"""So long a host is not asked again."""


def hosts(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Hosts opened before first, then podman's connections and ssh_config's aliases."""
    from click.shell_completion import CompletionItem

    from core.hosts.known import known_hosts
    from tui.remembered import recall

    told = {name: "opened before" for p in recall().pairs for name in (p.source, p.target) if name}
    for known in known_hosts():
        told.setdefault(known.name, known.origin)
    return [
        CompletionItem(name, help=meaning)
        for name, meaning in told.items()
        if name.startswith(incomplete) and _HARMLESS.fullmatch(name)
    ]


def runs(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """IDs of runs, the newest first."""
    from click.shell_completion import CompletionItem

    from core.journal.journal import run_ids

    words = ["last", *reversed(run_ids())]
    return [CompletionItem(word) for word in words if word.startswith(incomplete)]


def items(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Pods and single containers of the host that the line names."""
    return _names_on_host(ctx, parameter, incomplete, lambda found: found.items)


def containers(
    ctx: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Containers of that host, also those in pods."""
    return _names_on_host(ctx, parameter, incomplete, lambda found: found.containers)


def run_items(
    ctx: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Items of the run that the line names."""
    from core.errors import PodferryError
    from core.journal.journal import read_run

    try:
        names = [item.name for item in read_run(ctx.params.get("run") or "last").items]
    except PodferryError:
        return []
    return _offered(names, ctx, parameter, incomplete)


def _names_on_host(
    ctx: click.Context,
    parameter: click.Parameter,
    incomplete: str,
    pick: Callable[[SeenNames], Iterable[str]],
) -> list[CompletionItem]:
    host = str(ctx.params.get("source") or ctx.params.get("host") or "")
    return _offered(pick(_on(host)), ctx, parameter, incomplete) if host else []


def _offered(
    names: Iterable[str], ctx: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Those that begin so and do not stand in the line yet."""
    from click.shell_completion import CompletionItem

    given = ctx.params.get(parameter.name or "") or ()
    taken = {str(word).partition("=")[0] for word in ([given] if isinstance(given, str) else given)}
    return [
        CompletionItem(name)
        for name in sorted(names)
        if name.startswith(incomplete) and name not in taken and _HARMLESS.fullmatch(name)
    ]


def _on(host: str) -> SeenNames:
    """What is on a host: as seen a moment ago, else as it answers, else as it was last seen."""
    from core.errors import PodferryError
    from tui.remembered import recall_names, remember_names

    last = recall_names(host)
    if time.time() - last.at_s < _FRESH_S:
        return last
    try:
        seen = asyncio.run(_ask(host))
    except (PodferryError, TimeoutError, OSError):
        return last
    remember_names(host, seen)
    return seen


async def _ask(host: str) -> SeenNames:
    """Nothing prompts: without a terminal of its own, ssh runs in batch mode."""
    from core.podman.real.reach import reach
    from tui.remembered import SeenNames

    engine = reach(host)
    try:
        async with asyncio.timeout(_PATIENCE_S):
            await engine.connect()
            estate = await engine.estate()
    finally:
        await engine.close()
    return SeenNames(
        time.time(),
        tuple(item.name for item in estate.items),
        tuple(c.name for item in estate.items for c in item.containers),
    )
