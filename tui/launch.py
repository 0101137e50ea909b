"""Opening the app: ssh's prompts first, on the real terminal; then the screen."""

from __future__ import annotations

import asyncio
import importlib
import os
import sys
from typing import TYPE_CHECKING

from core.errors import UsageError

if TYPE_CHECKING:
    from core.podman.engine import Engine


def launch(source: str, target: str | None, *, demo: bool, jobs: int) -> int:
    """Run the app until the operator leaves it; the exit code. Raises UsageError.

    A host that cannot be reached does not stop the app: its pane says why.
    """
    if demo:
        from core.simulated.estates import seed_pair
        from core.simulated.pace import DEMO

        old, new = seed_pair(pace=DEMO)
        return _run(old, new, demo=True, jobs=jobs)
    if source == target:
        raise UsageError("source and target are the same host", todo="Name two different hosts.")
    from core.podman.real.reach import open_masters, reach

    engines = [reach(host) for host in ([source] if target is None else [source, target])]
    # The app takes as long to load as the connections take to make.
    open_masters(
        engines,
        on_terminal=sys.stdin.isatty(),
        meanwhile=lambda: importlib.import_module("tui.app"),
    )
    return _run(engines[0], engines[1] if target else None, demo=False, jobs=jobs)


def _run(source: Engine, target: Engine | None, *, demo: bool, jobs: int) -> int:
    from tui.app import PodferryApp

    for name in ("COLUMNS", "LINES"):
        # Exported, they would be believed over the terminal, at every resize too.
        os.environ.pop(name, None)

    async def session() -> int:
        app = PodferryApp(source, target, demo=demo, jobs=jobs)
        try:
            code = await app.run_async()
        finally:
            engines = [engine for engine in (source, target) if engine is not None]
            await asyncio.gather(*(engine.close() for engine in engines), return_exceptions=True)
        return code if code is not None else app.return_code or 0

    return asyncio.run(session())
