"""The screen of the kept archives: listed, read, hashed, compared, deleted."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from textual.pilot import Pilot

from core.archive.library import folder
from tests.core.archive import making
from tests.core.archive.keeping import keep, plain
from tests.tui.estate.stage import lines, make_app, new_host, old_host, until
from tests.tui.run.stage import Stage
from tui.screens.archives import ArchivesScreen
from tui.screens.archives.inside_screen import InsideScreen
from tui.widgets.bar import Bar
from tui.widgets.confirm import ConfirmScreen
from tui.widgets.row_view import RowView

HOSTILE = "b[/x]\x1b[31m"
NOW_S = datetime(2026, 2, 3, tzinfo=UTC).timestamp()
SIZES = [(120, 40), (80, 24)]

Compare = Callable[..., bool]


def screen() -> ArchivesScreen:
    return ArchivesScreen(clock=lambda: NOW_S)


@pytest.fixture
def library(_no_past: None) -> Path:
    """Newest first: of plain Podman, of a hostile name, of `web`, twice."""
    place = folder()
    found = making.contents()
    config = {**making.CONFIG, "name": HOSTILE}
    found["config.dump"] = json.dumps(config).encode()
    found["deleted.files"] = json.dumps(["/etc/gone", "/\x1b[2J"]).encode()
    keep(place, "web-1.tar", made_at="2026-01-01T00:00:00Z")
    keep(place, "web-2.tar", made_at="2026-01-31T00:00:00Z", volume="data")
    keep(place, "odd.tar", container=HOSTILE, host="ssh://root@10.0.0.1", data=making.tar(found),
         made_at="2026-02-02T00:00:00Z")  # fmt: skip
    plain(place, "by-hand.tar.zst", NOW_S - 90)
    return place


async def listed(pilot: Pilot[None]) -> None:
    app = pilot.app
    assert isinstance(app, Stage)
    await until(pilot, lambda: "web" in app.text("#archives"))


async def inside(pilot: Pilot[None], word: str) -> str:
    """What the screen about one or two archives shows, once it says that."""
    app = pilot.app

    def text() -> str:
        shown = isinstance(app.screen, InsideScreen) and app.screen.query(RowView)
        return "\n".join(row.text for row in shown.first().rows) if shown else ""

    await until(pilot, lambda: word in text())
    return text()


async def test_what_is_inside_is_read(library: Path) -> None:
    app = Stage(screen())
    async with app.run_test(size=(100, 30)) as pilot:
        await listed(pilot)
        await pilot.press("down", "enter")
        text = await inside(pilot, "CRIU statistics")
        assert "tcp listening 0.0.0.0:8088" in text
        assert "- /etc/gone" in text
        assert "\x1b" not in text
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, ArchivesScreen))


async def test_two_are_compared_the_older_one_first(library: Path) -> None:
    app = Stage(screen())
    async with app.run_test(size=(100, 30)) as pilot:
        await listed(pilot)
        await pilot.press("equals_sign")
        assert "Mark two archives" in app.message
        await pilot.press("end", "space", "up", "space", "up", "space")
        assert app.text("#archives").count("* ") == 2
        await pilot.press("equals_sign")
        text = await inside(pilot, "Differences")
        assert "~ host: old → ssh://root@10.0.0.1" in text
        assert r"\x1b" in text


async def test_each_is_hashed(library: Path) -> None:
    web = library / "web-2.tar"
    web.write_bytes(web.read_bytes() + b"x")
    app = Stage(screen())
    async with app.run_test(size=(100, 30)) as pilot:
        await listed(pilot)
        for key, word in ((None, "no digest"), ("down", "is whole"), ("down", "has CHANGED")):
            if key:
                await pilot.press(key)
            await pilot.press("v")
            await until(pilot, lambda word=word: word in app.message)  # type: ignore[misc]
        assert "CHANGED" in app.text("#archives")


async def test_it_goes_only_after_a_yes(library: Path) -> None:
    app = Stage(screen())
    async with app.run_test(size=(100, 30)) as pilot:
        await listed(pilot)
        await pilot.press("down", "down", "d")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("enter")
        assert (library / "web-2.tar").exists()
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, ArchivesScreen))
        await until(pilot, lambda: app.text("#archives").count("web") == 1)
    assert [library.joinpath(f"web-{n}.tar").exists() for n in (1, 2)] == [True, False]
    assert not (library / "web-2.tar.volume-1").exists()


async def test_what_is_no_archive_is_told(library: Path) -> None:
    (library / "by-hand.tar.zst").write_bytes(b"text")
    app = Stage(screen())
    async with app.run_test(size=(100, 30)) as pilot:
        await listed(pilot)
        await pilot.press("home")
        view = app.screen.query_one(RowView)
        view.move_to(str(library / "by-hand.tar.zst"))
        await pilot.press("enter")
        await until(pilot, lambda: "no checkpoint archive" in app.screen.query_one(Bar).text)


async def test_the_app_opens_it(library: Path) -> None:
    app = make_app(old_host(), new_host())
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.estate_screen.is_current)
        await pilot.press("L")
        await until(pilot, lambda: isinstance(app.screen, ArchivesScreen))
        await until(pilot, lambda: "ssh://root@10.0.0.1" in "\n".join(lines(app)))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.estate_screen)


@pytest.mark.parametrize("size", SIZES)
def test_list(snap_compare: Compare, library: Path, size: tuple[int, int]) -> None:
    async def show(pilot: Pilot[None]) -> None:
        await listed(pilot)
        await pilot.press("down", "down", "space", "v")
        await until(pilot, lambda: "is whole" in pilot.app.message)  # type: ignore[attr-defined]

    assert snap_compare(Stage(screen()), terminal_size=size, run_before=show)


@pytest.mark.parametrize("size", SIZES)
def test_inside(snap_compare: Compare, library: Path, size: tuple[int, int]) -> None:
    async def show(pilot: Pilot[None]) -> None:
        await listed(pilot)
        await pilot.press("down", "enter")
        await inside(pilot, "CRIU statistics")
        await pilot.pause()

    assert snap_compare(Stage(screen()), terminal_size=size, run_before=show)


@pytest.mark.parametrize("key", ["enter", "v", "space", "r", "d"])
async def test_where_nothing_is_kept_keys_say_so(key: str) -> None:
    app = Stage(screen())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "No archives" in app.text("#archives"))
        await pilot.press(key)
        assert app.message == "There is no archive here."


def test_nothing_is_kept(
    snap_compare: Compare, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The folder is named on the screen.
    monkeypatch.setenv("XDG_STATE_HOME", "/tmp/podferry-nothing")

    async def show(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: "No archives" in pilot.app.text("#archives"))  # type: ignore[attr-defined]

    assert snap_compare(Stage(screen()), terminal_size=(80, 24), run_before=show)


def test_sixteen_colours(snap_compare: Compare, library: Path) -> None:
    async def show(pilot: Pilot[None]) -> None:
        await listed(pilot)
        await pilot.press("down", "down", "space", "v")
        await until(pilot, lambda: "is whole" in pilot.app.message)  # type: ignore[attr-defined]

    assert snap_compare(Stage(screen(), ansi=True), terminal_size=(80, 24), run_before=show)
