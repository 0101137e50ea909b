"""What has moved is accepted or brought back from the rows of the source, and from a run's end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import pytest
from textual.pilot import Pilot

from core.errors import PodferryError
from core.podman.model import Kind
from core.simulated import SimulatedHost
from core.simulated.estates import seed_pair
from core.simulated.probing import hit, peek
from tests.tui.estate.stage import lines, until, until_listed
from tui.app import PodferryApp
from tui.screens.plan import PlanScreen
from tui.screens.run.screen import RunScreen
from tui.screens.settle.screen import RollbackScreen
from tui.widgets.confirm import ConfirmScreen


class Stage(NamedTuple):
    app: PodferryApp
    pilot: Pilot[Any]
    old: SimulatedHost
    new: SimulatedHost

    def shown(self) -> str:
        return "\n".join(lines(self.app))

    async def until_shown(self, text: str) -> None:
        await until(self.pilot, lambda: text in self.shown())

    async def until_on(self, screen: type[object]) -> None:
        await until(self.pilot, lambda: isinstance(self.app.screen, screen))

    async def until_home(self) -> None:
        await until(self.pilot, lambda: self.app.screen is self.app.estate_screen)

    async def to_moved_row(self) -> None:
        """From the end of the run to the row of what has moved."""
        await self.pilot.press("enter")
        await self.until_home()
        await self.until_shown("→ moved")


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """The end of a run that has moved `dns`, which has been asked three times since."""
    source, target = seed_pair()
    app = PodferryApp(source, target, demo=True)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        made = Stage(app, pilot, source.world, target.world)
        await until_listed(pilot, app)
        await pilot.press("slash", *"dns", "enter", "space", "escape", "g")
        await made.until_on(PlanScreen)
        await pilot.press("enter")
        await made.until_shown("1 moved")
        for _ in range(3):
            hit(made.new, "dns")
        yield made


async def test_a_moved_row_says_so_and_moves_back_live(stage: Stage) -> None:
    count = peek(stage.new, "dns")
    await stage.to_moved_row()
    await stage.pilot.press("z")
    await stage.until_on(RollbackScreen)
    assert "dns moves back live" in stage.shown()
    await stage.pilot.press("y")
    await stage.until_on(RunScreen)
    await stage.until_shown("Back on old; what they left on new is taken away.")
    await stage.pilot.press("enter")
    await stage.until_home()
    await until(stage.pilot, lambda: stage.new.find_container("dns") is None)
    assert peek(stage.old, "dns") == count
    await until(stage.pilot, lambda: "→ moved" not in stage.shown())


async def test_the_old_state_is_one_key_away_and_told_its_price(stage: Stage) -> None:
    count = peek(stage.new, "dns") - 3
    await stage.to_moved_row()
    await stage.pilot.press("z")
    await stage.until_on(RollbackScreen)
    await stage.pilot.press("o")
    await stage.until_shown("dns goes back to its old state")
    assert "lost is what it did on new since the run began" in stage.shown()
    await stage.pilot.press("y")
    await until(stage.pilot, lambda: stage.new.find_container("dns") is None)
    await until(stage.pilot, lambda: stage.old.container("dns").running)
    assert peek(stage.old, "dns") == count


async def test_enter_changes_nothing(stage: Stage) -> None:
    await stage.to_moved_row()
    for key, screen in (("z", RollbackScreen), ("A", ConfirmScreen)):
        await stage.pilot.press(key)
        await stage.until_on(screen)
        await stage.pilot.press("enter")
        await stage.until_home()
    assert not stage.old.container("dns").running
    assert stage.new.container("dns").running
    assert "→ moved" in stage.shown()


async def test_accepted_from_the_end_of_the_run(stage: Stage) -> None:
    assert "Accept" in stage.shown()
    await stage.pilot.press("A")
    await stage.until_on(ConfirmScreen)
    assert "dns: delete the stopped copies on old?" in stage.shown()
    await stage.pilot.press("y")
    await until(stage.pilot, lambda: stage.old.find_container("dns") is None)
    assert stage.new.container("dns").running


async def test_while_it_is_accepted_that_is_said(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = asyncio.Event()

    async def accept(*_: object) -> None:
        await done.wait()
        raise PodferryError("not today")

    monkeypatch.setattr("tui.settling.accept_items", accept)
    await stage.to_moved_row()
    await stage.pilot.press("A")
    await stage.until_on(ConfirmScreen)
    await stage.pilot.press("y")
    await stage.until_shown("Accepting dns ...")
    done.set()
    await stage.until_shown("not today")
    assert "Accepting" not in stage.shown()


async def accept_what_is_stopped(stage: Stage) -> None:
    """Say yes to accepting an item that does not run on its target."""
    await stage.app._target.stop(Kind.CONTAINER, "dns")  # type: ignore[union-attr]
    await stage.to_moved_row()
    await stage.pilot.press("A")
    await stage.until_on(ConfirmScreen)
    await stage.pilot.press("y")


async def test_what_is_refused_says_why(stage: Stage) -> None:
    await accept_what_is_stopped(stage)
    await stage.until_shown("the copy on old was kept")
    await stage.pilot.press("n")
    await stage.until_home()
    assert stage.old.find_container("dns")


async def test_what_lacks_evidence_goes_if_that_is_said_of_it(stage: Stage) -> None:
    await accept_what_is_stopped(stage)
    await stage.until_shown("all the same?")
    assert "\\n" not in stage.shown()
    await stage.pilot.press("y")
    await until(stage.pilot, lambda: stage.old.find_container("dns") is None)
    await stage.until_shown("not verified")


async def test_rows_that_have_not_moved_are_left_alone(stage: Stage) -> None:
    await stage.pilot.press("enter")
    await stage.until_home()
    await stage.pilot.press("escape", "home", "A")
    await stage.until_shown("Only what has moved")
