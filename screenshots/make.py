"""Makes the README's pictures: the app at work on the demo's estate, as SVG.

An argument names another folder for them; `--lab` makes those of real hosts instead (real.py).
With rsvg-convert there are PNGs too, of those that people paste where SVG is not shown; these are
not compared with the app.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import virtual_time
from steering import listed, mark, save, shown, until

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from tui.app import PodferryApp
    from tui.screens.run.state import RunState

HERE = Path(__file__).parent
_INTO = Path(sys.argv[1]) if sys.argv[1:] else HERE
_PASTED = ("estate", "run")
"""Pictures that are made as PNG too."""
_LIGHT = "light"
_BROWSER = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--window-size=1000,690",
)
_WIDE, _NARROW = (120, 40), (80, 24)
_MARKS = {
    "auth": "space",
    "blog": "space",
    "chat": "e",
    "grafana": "space",
    "nightly_backup": "e",
    "prometheus": "space",
    "health_checked": "space",
    "scratch.pad": "space",
}
"""Items, and the key for each."""


def main() -> None:
    """Make all pictures."""
    if sys.argv[1:] == ["--lab"]:
        import real

        real.make(HERE / "lab")
        return
    if os.environ.get("PYTHONHASHSEED") != "0":
        os.execve(  # noqa: S606
            sys.executable, [sys.executable, *sys.argv], {**os.environ, "PYTHONHASHSEED": "0"}
        )
    os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    for name in ("NO_COLOR", "PODFERRY_DWELL", "PODFERRY_PLAIN"):
        os.environ.pop(name, None)
    virtual_time.install()
    with tempfile.TemporaryDirectory() as state:
        os.environ |= {"XDG_STATE_HOME": state, "XDG_CONFIG_HOME": state}
        virtual_time.run(_session(_WIDE, _wide))
        virtual_time.run(_session(_NARROW, _narrow))
        virtual_time.run(_session(_NARROW, _light))
        virtual_time.run(_session(_WIDE, _library))
    _paste()


async def _session(size: tuple[int, int], story: Callable[..., object]) -> None:
    from core.simulated.estates import seed_pair
    from core.simulated.pace import DEMO
    from tui.app import PodferryApp

    # virtual_time's pump sets the pace of streams.
    app = PodferryApp(*seed_pair(pace=replace(DEMO, rate_bytes_s=None)), demo=True)
    async with app.run_test(size=size) as pilot:
        await story(pilot, app)  # type: ignore[misc]


async def _wide(pilot: Pilot[int], app: PodferryApp) -> None:
    from core.journal.journal import run_folder
    from tui.screens.btrfs import BtrfsScreen
    from tui.screens.plan import PlanScreen
    from tui.screens.preflight import PreflightScreen
    from tui.screens.run.screen import RunScreen

    await _mark(pilot, app)
    await until(pilot, lambda: app.estate_screen.lookout.report(app.estate_screen.marks))
    await pilot.press("home", *["down"] * 3, "right", "down", "down")
    await save(pilot, _INTO / "estate.svg")
    await pilot.press("b")
    await until(pilot, lambda: isinstance(app.screen, BtrfsScreen))
    await until(pilot, lambda: "copied on write;" in shown(pilot))
    await save(pilot, _INTO / "btrfs.svg")
    await pilot.press("escape")
    await until(pilot, lambda: app.screen is app.estate_screen)
    await pilot.press("p")
    await until(pilot, lambda: isinstance(app.screen, PreflightScreen))
    await pilot.press("m")
    await until(pilot, lambda: "Looking at" not in shown(pilot))
    await pilot.press("home")
    await save(pilot, _INTO / "preflight.svg")
    await pilot.press("escape")
    await until(pilot, lambda: app.screen is app.estate_screen)
    await pilot.press("home", "g")
    await until(pilot, lambda: isinstance(app.screen, PlanScreen))
    await pilot.press("down", "down")
    await save(pilot, _INTO / "plan.svg")
    await pilot.press("g")
    await until(pilot, lambda: isinstance(app.screen, RunScreen))
    run = app.screen
    await until(pilot, lambda: _busy(run.state))  # type: ignore[attr-defined]
    await save(pilot, _INTO / "run.svg")
    await until(pilot, lambda: run.has_class("-done"))
    await save(pilot, _INTO / "done.svg")
    await pilot.press("R")
    await until(pilot, lambda: "report written" in shown(pilot))
    _photograph(run_folder(run.state.run_id) / "report.html")  # type: ignore[attr-defined]
    await _evidence(pilot, app)


async def _evidence(pilot: Pilot[int], app: PodferryApp) -> None:
    """What has moved, after a process of it has died on the target."""
    from core.simulated.lifecycle import halt
    from tui.screens.verify import VerifyScreen
    from tui.screens.verify.side import SideScreen

    target = app._target.world  # type: ignore[union-attr]  # noqa: SLF001 nobody else kills there
    halt(target, target.container("auth-worker"), 137)
    await pilot.press("V")
    await until(pilot, lambda: isinstance(app.screen, VerifyScreen))
    await pilot.press("r")
    await until(pilot, lambda: "just looked at" in shown(pilot))
    await pilot.press("home")
    await save(pilot, _INTO / "verify.svg")
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.screen, SideScreen))
    await until(pilot, lambda: "on new" in shown(pilot).rpartition("log of")[2])
    await save(pilot, _INTO / "side.svg")


def _busy(state: RunState) -> bool:
    """Whether there is much to see."""
    streams = [item.stream for item in state.active if item.stream and item.stream.flowing]
    half = [s for s in streams if s.rate_bytes_s and 0.2 < (s.fraction or 0) < 0.8]
    arrived = [i for i in state.active if i.downtime_s is not None and not i.is_down]
    return len(half) >= 2 and len(arrived) >= 1


async def _narrow(pilot: Pilot[int], app: PodferryApp) -> None:
    await _mark(pilot, app)
    await pilot.press("home")
    await save(pilot, _INTO / "narrow.svg")


async def _light(pilot: Pilot[int], app: PodferryApp) -> None:
    app.theme = _LIGHT
    await _mark(pilot, app)
    await pilot.press("home")
    await save(pilot, _INTO / "light.svg")


async def _library(pilot: Pilot[int], app: PodferryApp) -> None:
    import kept

    from core.archive.library import folder
    from tui.screens.archives import ArchivesScreen
    from tui.screens.archives.inside_screen import InsideScreen

    kept.fill(folder(), virtual_time.START_S)
    await until(pilot, lambda: app.estate_screen.is_current)
    await pilot.press("L")
    await until(pilot, lambda: isinstance(app.screen, ArchivesScreen))
    await until(pilot, lambda: "archives," in shown(pilot))
    for key, word in (("home", "is whole"), ("end", "has CHANGED"), ("home", "is whole")):
        await pilot.press(key, "v")
        await until(pilot, lambda word=word: word in shown(pilot))  # type: ignore[misc]
    await save(pilot, _INTO / "archives.svg")
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.screen, InsideScreen))
    await save(pilot, _INTO / "inside.svg")


async def _mark(pilot: Pilot[int], app: PodferryApp) -> None:
    await until(pilot, lambda: listed(app))
    await mark(pilot, app, _MARKS)


def _photograph(page: Path) -> None:
    """The top of a report in a browser; not for a test's folder, which has no use for it."""
    if _INTO != HERE:
        return
    if not (chromium := shutil.which("chromium")):
        print("no report.png: chromium is not installed")
        return
    made = _INTO / "report.png"
    flags = (*_BROWSER, f"--screenshot={made}", f"--user-data-dir={page.parent / 'profile'}")
    subprocess.run([chromium, *flags, page.as_uri()], check=True, capture_output=True)
    print(made)


def _paste() -> None:
    if not (convert := shutil.which("rsvg-convert")):
        print("no PNGs: rsvg-convert is not installed")
        return
    for name in _PASTED:
        made = _INTO / f"{name}.png"
        subprocess.run([convert, "-o", made, _INTO / f"{name}.svg"], check=True)
        print(made)


if __name__ == "__main__":
    main()
