from __future__ import annotations

from typing import Any

import pytest
from textual.color import Color
from textual.pilot import Pilot
from textual.theme import Theme

from core.errors import HostUnreachable
from core.journal.journal import runs_folder
from core.plan.model import Plan
from core.podman.model import Route, State
from core.simulated.estates import seed_pair
from tests.tui.estate.stage import lines, make_app, new_host, old_host, until, until_listed
from tests.tui.run.scripted import ScriptedRun
from tui.app import PodferryApp
from tui.remembered import Remembered, recall, remember_theme
from tui.screens.estate.messages import Side
from tui.screens.plan import PlanScreen
from tui.screens.run.leaving import LeaveScreen
from tui.screens.run.screen import RunScreen
from tui.theme import DARK, HIGH_CONTRAST, LIGHT, PLAIN_NAME, TERMINAL, THEMES, theme_for


async def _to_the_plan(pilot: Pilot[Any], app: PodferryApp) -> None:
    await until_listed(pilot, app)
    await pilot.press("slash", *"dns", "enter", "space", "escape", "g")
    await until(pilot, lambda: isinstance(app.screen, PlanScreen))


async def test_from_marks_to_a_run_and_back() -> None:
    app = PodferryApp(*seed_pair(), demo=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await _to_the_plan(pilot, app)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        await until(pilot, lambda: "1 moved" in "\n".join(lines(app)))
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is app.estate_screen)
        assert app.estate_screen.marks == {}
        target = app.estate_screen.pane(Side.TARGET)
        await until(pilot, lambda: [i.name for i in target.items] == ["dns"])
        stopped = [i for i in app.estate_screen.source.items if i.name == "dns"]
        assert [i.state for i in stopped] == [State.EXITED]


async def test_quitting_asks_while_a_run_is_under_way_and_not_afterwards() -> None:
    feeds: list[ScriptedRun] = []

    async def carry(plan: Plan, jobs: int) -> ScriptedRun:
        feeds.append(ScriptedRun(plan))
        return feeds[0]

    app = PodferryApp(*seed_pair(), demo=True, carry=carry)
    async with app.run_test(size=(120, 40)) as pilot:
        await _to_the_plan(pilot, app)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        for _ in range(2):
            await pilot.press("ctrl+q")
            await until(pilot, lambda: isinstance(app.screen, LeaveScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        feeds[0].finish((), 1.0)
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.over)
        await pilot.press("ctrl+q")
    assert app.return_value == 0


async def test_a_run_can_be_left_running() -> None:
    async def carry(plan: Plan, jobs: int) -> ScriptedRun:
        return ScriptedRun(plan)

    app = PodferryApp(*seed_pair(), demo=True, carry=carry)
    async with app.run_test(size=(120, 40)) as pilot:
        await _to_the_plan(pilot, app)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        await pilot.press("ctrl+c", "l")
    assert app.return_value == 0


async def test_a_plan_that_is_not_agreed_to_leaves_the_marks() -> None:
    app = PodferryApp(*seed_pair(), demo=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await _to_the_plan(pilot, app)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.estate_screen)
        assert app.estate_screen.marks == {"dns": Route.CHECKPOINT}
        assert "1 item marked" in "\n".join(lines(app))


async def test_no_plan_without_both_hosts() -> None:
    source, target = old_host(), new_host()
    app = make_app(source, target)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until_listed(pilot, app)

        async def lost(*_: object) -> None:
            raise HostUnreachable("cannot be reached", host="new", detail="[/x] no route")

        for engine in (source, target):
            for question in ("inventory", "inspect_all", "inside"):
                setattr(engine, question, lost)
        await pilot.press("end", "space", "g")
        await until(pilot, lambda: "[/x] no route" in "\n".join(lines(app)))
        assert app.screen is app.estate_screen


async def test_the_demo_says_so() -> None:
    app = make_app(old_host(), new_host(), demo=True)
    async with app.run_test(size=(60, 15)) as pilot:
        await until_listed(pilot, app)
        assert "demo: simulated hosts" in lines(app)[0]
        assert app.sub_title == "demo: simulated hosts"


def test_the_theme_follows_the_terminal() -> None:
    assert theme_for("truecolor", no_color=False) == DARK.name
    assert theme_for("256", no_color=False) == DARK.name
    assert theme_for("standard", no_color=False) == PLAIN_NAME
    assert theme_for(None, no_color=False) == PLAIN_NAME
    assert theme_for("truecolor", no_color=True) == PLAIN_NAME
    assert theme_for("truecolor", LIGHT.name, no_color=True) == PLAIN_NAME
    assert theme_for("standard", LIGHT.name, no_color=False) == LIGHT.name
    assert theme_for("truecolor", TERMINAL, no_color=False) == PLAIN_NAME


async def test_the_themes_go_round_and_the_last_is_remembered() -> None:
    app = make_app(old_host(), new_host())
    async with app.run_test(size=(80, 24)) as pilot:
        await until_listed(pilot, app)
        seen = []
        for _ in THEMES:
            await pilot.press("ctrl+t")
            seen.append(app.theme)
        assert seen == [LIGHT.name, HIGH_CONTRAST.name, PLAIN_NAME, DARK.name]
        await pilot.press("ctrl+t", "ctrl+t", "ctrl+t")
    assert make_app(old_host(), None).theme == PLAIN_NAME


async def test_without_colour_no_theme_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = make_app(old_host(), None)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await pilot.press("ctrl+t")
        assert app.theme == PLAIN_NAME
        assert recall() == Remembered()


@pytest.mark.parametrize("damage", ["", "{", '{"theme": 1}', '{"theme": "[/x]"}', "[]", "\0"])
def test_damaged_memory_counts_as_none(damage: str) -> None:
    remember_theme(LIGHT.name)
    (runs_folder().parent / "remembered.json").write_text(damage)
    assert make_app(old_host(), None).theme == DARK.name


def _luminance(color: Color) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color.normalized]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(text: str, ground: str) -> float:
    """WCAG 2.2, contrast ratio."""
    light, dark = sorted((_luminance(Color.parse(c)) for c in (text, ground)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme, least", [(DARK, 4.5), (LIGHT, 4.5), (HIGH_CONTRAST, 7.0)])
def test_text_stands_out(theme: Theme, least: float) -> None:
    told = theme.warning, theme.error, theme.success, theme.accent, theme.foreground
    for color in told:
        assert contrast(str(color), str(theme.background)) >= least
        assert contrast(str(color), str(theme.panel)) >= least
    cursor = (theme.variables[f"block-cursor-{part}"] for part in ("foreground", "background"))
    assert contrast(*cursor) >= least
