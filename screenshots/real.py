"""Pictures of the app on the lab's two real hosts, as root: `make.py --lab`.

Real hosts take their own time and give their own numbers, so these are not compared with the app.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from steering import listed, mark, save, shown, until

sys.path.insert(0, str(Path(__file__).parent.parent))

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from tui.app import PodferryApp

_SIZE = (120, 40)
_MARKS = {"web": "c", "db": "c", "cache": "c", "api": "e"}
"""Items of the lab's demo, and the key for each."""


def make(into: Path) -> None:
    """Start the lab, move some of its containers, and make the pictures into the folder."""
    from tests.lab.estate import make_demo
    from tests.lab.images import load_counter
    from tests.lab.lab import Lab
    from tests.lab.spec import HostSpec

    into.mkdir(exist_ok=True)
    os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    for name in ("NO_COLOR", "PODFERRY_DWELL", "PODFERRY_PLAIN"):
        os.environ.pop(name, None)
    with tempfile.TemporaryDirectory() as state, Lab() as lab:
        os.environ |= {**lab.env, "XDG_STATE_HOME": state, "XDG_CONFIG_HOME": state}
        old, new = lab.start(HostSpec("old"), HostSpec("new"))
        load_counter(old)
        load_counter(new)
        make_demo(old)
        asyncio.run(_session(into))


async def _session(into: Path) -> None:
    from core.podman.real.reach import open_masters, reach
    from tui.app import PodferryApp

    engines = reach("old"), reach("new")
    if failed := await asyncio.to_thread(open_masters, engines, on_terminal=False):
        raise RuntimeError(f"the lab's hosts cannot be reached: {failed}")
    app = PodferryApp(*engines)
    try:
        async with app.run_test(size=_SIZE) as pilot:
            await _story(pilot, app, into)
    finally:
        await asyncio.gather(*(engine.close() for engine in engines))


async def _story(pilot: Pilot[int], app: PodferryApp, into: Path) -> None:
    from tui.screens.plan import PlanScreen
    from tui.screens.run.screen import RunScreen
    from tui.screens.verify import VerifyScreen
    from tui.screens.verify.side import SideScreen

    await _until(pilot, lambda: listed(app))
    await mark(pilot, app, _MARKS)
    await _until(pilot, lambda: app.estate_screen.lookout.report(app.estate_screen.marks))
    await pilot.press("home")
    await save(pilot, into / "estate.svg")
    await pilot.press("g")
    await _until(pilot, lambda: isinstance(app.screen, PlanScreen))
    await pilot.press("g")
    await _until(pilot, lambda: isinstance(app.screen, RunScreen))
    run = app.screen
    await _until(pilot, lambda: any(i.is_down for i in run.state.active))  # type: ignore[attr-defined]
    await save(pilot, into / "run.svg")
    await _until(pilot, lambda: run.has_class("-done"))
    await save(pilot, into / "done.svg")
    await pilot.press("V")
    await _until(pilot, lambda: isinstance(app.screen, VerifyScreen))
    await pilot.press("r")
    await _until(pilot, lambda: "just looked at" in shown(pilot))
    await pilot.press("home")
    await save(pilot, into / "verify.svg")
    await pilot.press("enter")
    await _until(pilot, lambda: isinstance(app.screen, SideScreen))
    await _until(pilot, lambda: "on new" in shown(pilot).rpartition("log of")[2])
    await save(pilot, into / "side.svg")


async def _until(pilot: Pilot[int], true: Callable[[], object]) -> None:
    await until(pilot, true, every_s=0.05)
