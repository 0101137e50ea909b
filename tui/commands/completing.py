"""What a shell completes: hosts that this machine knows, and runs; no host is asked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_HARMLESS = re.compile(r"[\w@%+=:,./\[\]-]+")
"""Names that a shell takes as they stand: what click hands over is not quoted."""


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
