"""A run that another process carries out between the app's hosts: told, shown, seen to its end."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from core.journal.history import waiting
from tests.tui.estate.stage import lines, make_app, new_host, old_host, until, until_listed
from tests.tui.run import scripted
from tests.tui.run.scripted import ScriptedRun
from tui.app import PodferryApp
from tui.screens.run.screen import RunScreen

ITEM = scripted.item("nightly")
PLAN = scripted.estate(ITEM)


class Elsewhere:
    """Stands in for the processes of other runs; each watcher has a feed of its own."""

    def __init__(self) -> None:
        self.feeds: list[ScriptedRun] = []
        self.over = False

    async def watch(self, run_id: str = "", hosts: Collection[str] = ()) -> ScriptedRun | None:
        assert run_id or set(hosts) == {"old", "new"}
        if self.over:
            return None
        self.feeds.append(ScriptedRun(PLAN))
        self.feeds[-1].push(*scripted.begin(PLAN))
        return self.feeds[-1]

    def finish(self) -> None:
        self.over = True
        for feed in self.feeds:
            feed.finish((scripted.result(ITEM),), scripted.T0 + 9)


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Elsewhere:
    stands_in = Elsewhere()
    monkeypatch.setattr("core.attach.watching.watch", stands_in.watch)
    return stands_in


def _banner(app: PodferryApp) -> str:
    return lines(app)[0]


async def test_a_run_under_way_elsewhere_is_told_and_one_key_shows_it(elsewhere: Elsewhere) -> None:
    app = make_app(old_host(), new_host())
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "run r7k2 is under way: R shows it" in _banner(app))
        await pilot.press("R")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        elsewhere.finish()
        await until(pilot, lambda: "1 moved" in "\n".join(lines(app)))
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is app.estate_screen)
        await until(pilot, lambda: "under way" not in _banner(app))


async def test_its_end_is_seen_where_the_estate_is_looked_at(
    elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = old_host()
    (nightly,) = (i for i in source.items if i.name == "nightly")

    def moved(*hosts: str) -> dict[str, str]:
        return {nightly.id: "r7k2"} if elsewhere.over else dict(waiting(*hosts))

    monkeypatch.setattr("tui.screens.estate.screen.waiting", moved)
    app = make_app(source, new_host())
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "is under way" in _banner(app))
        assert "→ moved" not in "\n".join(lines(app))
        elsewhere.finish()
        await until(pilot, lambda: "→ moved" in "\n".join(lines(app)))
        assert "under way" not in _banner(app)


async def test_looking_again_finds_a_run_that_was_begun_meanwhile(elsewhere: Elsewhere) -> None:
    elsewhere.over = True
    app = make_app(old_host(), new_host())
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until_listed(pilot, app)
        await pilot.press("R")
        await until(pilot, lambda: "is under way or unfinished" in "\n".join(lines(app)))
        elsewhere.over = False
        await pilot.press("r")
        await until(pilot, lambda: "is under way" in _banner(app))
        elsewhere.over = True
        await pilot.press("R")
        await until(pilot, lambda: "Run r7k2 is over" in "\n".join(lines(app)))
