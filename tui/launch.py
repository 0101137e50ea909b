"""Opening the app: ssh's prompts first, on the real terminal; then the screen."""

from __future__ import annotations

import asyncio
import gc
import importlib
import os
import sys
from typing import TYPE_CHECKING

from core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from typing import Any

    from core.plan.model import Plan
    from core.podman.engine import Engine
    from core.podman.model import Estate
    from tui.app import Carrier
    from tui.config import Config
    from tui.screens.estate.watcher import Listings
    from tui.screens.run.feed import RunFeed


def launch(source: str, target: str | None, *, demo: bool, jobs: int, config: Config) -> int:
    """Run the app until the operator leaves it; the exit code. Raises UsageError.

    A host that cannot be reached does not stop the app: its pane says why.
    """
    if demo:
        from core.simulated.estates import seed_pair
        from core.simulated.pace import DEMO

        return _run(*seed_pair(pace=DEMO), _nothing, None, demo=True, jobs=jobs, config=config)
    if source == target:
        raise UsageError("source and target are the same host", todo="Name two different hosts.")
    from core.podman.real.reach import open_masters, reach

    engines = [reach(host) for host in ([source] if target is None else [source, target])]

    async def begin() -> Listings:
        """List what can be reached while the app loads; panes tell what went wrong."""
        failed = await asyncio.to_thread(open_masters, engines, on_terminal=sys.stdin.isatty())
        return {e.label: _begun(e.list_first()) for e in engines if e.label not in failed}

    async def carry(plan: Plan, at_once: int) -> RunFeed:
        """In a process of its own: this one's end shall not be the run's."""
        from core.attach.watching import Standby

        standby = await Standby.start()
        hosts = {engine.label: engine for engine in engines}
        standby.reach(hosts[plan.source], hosts[plan.target])
        return standby.begin(plan, at_once)

    old, *rest = engines
    return _run(old, rest[0] if rest else None, begin, carry, demo=False, jobs=jobs, config=config)


def _begun(listing: Coroutine[Any, Any, Estate]) -> asyncio.Future[Estate]:
    task = asyncio.ensure_future(listing)
    # Nobody may ask for it; asyncio would complain of an exception then.
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    return task


async def _nothing() -> Listings:
    """Simulated hosts answer at once."""
    return {}


def _run(
    source: Engine,
    target: Engine | None,
    begin: Callable[[], Awaitable[Listings]],
    carry: Carrier | None,
    *,
    demo: bool,
    jobs: int,
    config: Config,
) -> int:
    for name in ("COLUMNS", "LINES"):
        # Exported, they would be believed over the terminal, at every resize too.
        os.environ.pop(name, None)

    async def session() -> int:
        # Hosts answer meanwhile. Nothing of what is loaded is garbage, ever: it is not looked for.
        gc.disable()
        loading = asyncio.ensure_future(asyncio.to_thread(importlib.import_module, "tui.app"))
        first = await begin()
        await loading
        gc.freeze()
        gc.enable()
        from tui.app import PodferryApp

        app = PodferryApp(
            source, target, demo=demo, jobs=jobs, carry=carry, first=first, config=config
        )
        try:
            code = await app.run_async()
        finally:
            engines = [engine for engine in (source, target) if engine is not None]
            await asyncio.gather(*(engine.close() for engine in engines), return_exceptions=True)
        return code if code is not None else app.return_code or 0

    return asyncio.run(session())
