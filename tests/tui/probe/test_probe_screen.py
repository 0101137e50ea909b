"""A probe on the spot: tried first, kept when it is wanted so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from core.evidence.probe import ProbeKind
from core.evidence.probe_file import default_file, read_probes
from core.podman.model import Item, Port
from core.simulated import SimulatedEngine
from core.simulated.making import make_container, make_host, make_image
from core.simulated.things import Spec
from tests.tui.estate.stage import until
from tests.tui.run.stage import Stage
from tui.screens.probe import ProbeScreen


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[SimulatedEngine, Item]:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    host = make_host("old")
    spec = Spec("localhost/c:1", make_image(host, "localhost/c:1").id, ports=(Port(8080, 8088),))
    make_container(host, "web", spec)
    engine = SimulatedEngine(host)
    asyncio.run(engine.connect())
    item = asyncio.run(engine.estate()).find("web")
    assert item
    return engine, item


async def test_it_is_tried_and_then_kept(web: tuple[SimulatedEngine, Item]) -> None:
    engine, item = web
    app = Stage(ProbeScreen(item, engine))
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        line = app.screen.query_one(Input)
        assert line.value == "tcp://:8080"
        line.value = r"""http = ":8080/peek", number = 'counter: (\d+)'"""
        await pilot.press("enter")
        await until(pilot, lambda: "good: 200, 0" in app.message)
        assert not default_file().exists()
        await pilot.press("enter")
        await until(pilot, lambda: bool(app.dismissed))
    (probe,) = read_probes()
    assert (probe.item, probe.kind, probe.number) == ("web", ProbeKind.HTTP, r"counter: (\d+)")


async def test_what_is_wrong_is_told_and_nothing_is_kept(
    web: tuple[SimulatedEngine, Item],
) -> None:
    engine, item = web
    app = Stage(ProbeScreen(item, engine))
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        line = app.screen.query_one(Input)
        line.value = "[/x] nonsense"
        await pilot.press("enter")
        await until(pilot, lambda: "no TOML" in app.message)
        line.value = "http://:9999/"
        await pilot.press("enter")
        await until(pilot, lambda: "not good" in app.message)
        await pilot.press("escape")
        await until(pilot, lambda: bool(app.dismissed))
    assert not default_file().exists()


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
def test_screen(
    snap_compare: Callable[..., bool],
    web: tuple[SimulatedEngine, Item],
    size: tuple[int, int],
) -> None:
    async def show(pilot: Pilot[None]) -> None:
        await pilot.press("enter")
        await until(pilot, lambda: "good: " in pilot.app.message)  # type: ignore[attr-defined]

    engine, item = web
    assert snap_compare(Stage(ProbeScreen(item, engine)), terminal_size=size, run_before=show)
