"""Steering the app from picture to picture, on simulated and on real hosts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from tui.app import PodferryApp

_LOOKS = 10_000


async def until(
    pilot: Pilot[int], true: Callable[[], object], every_s: float | None = None
) -> None:
    """Wait for it; where time is real, by looking every so often."""
    for _ in range(_LOOKS):
        if true():
            return
        await pilot.pause(every_s)
    raise TimeoutError(f"the app did not get there:\n{shown(pilot)}")


def shown(pilot: Pilot[int]) -> str:
    """The text on the screen."""
    return "\n".join(strip.text for strip in pilot.app.screen._compositor.render_strips())  # noqa: SLF001 as the UI tests read it


async def save(pilot: Pilot[int], path: Path) -> None:
    """Keep what is on the screen, and say where."""
    await pilot.pause()
    from tui.picture import picture

    path.write_text(picture(pilot.app))  # noqa: ASYNC240 nothing else runs meanwhile
    print(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def listed(app: PodferryApp) -> bool:
    """Whether both estates are there, with their sizes."""
    from tui.screens.estate.pane import HostPane

    panes = list(app.estate_screen.query(HostPane)) if app.estate_screen.is_mounted else []
    return bool(panes) and all(pane.estate and pane.measured for pane in panes)


async def mark(pilot: Pilot[int], app: PodferryApp, marks: Mapping[str, str]) -> None:
    """Press a key on each of these items."""
    from tui.screens.btrfs import BtrfsScreen

    source = app.estate_screen.source
    rows = {item.name: source.table.index_of(item.id) for item in source.items}
    for name, key in marks.items():
        source.table.move_to(rows[name] or 0)
        await pilot.press(key)
        if isinstance(app.screen, BtrfsScreen):
            await pilot.press("escape")
