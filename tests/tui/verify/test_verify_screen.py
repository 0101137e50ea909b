"""The matrix of evidence, an item side by side, and what can be decided there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from textual.pilot import Pilot

from core.evidence.kept import keep_compared
from core.evidence.model import Aspect, Compared, Verdict
from core.journal.journal import Journal, JournalItem
from core.migrate.events import Outcome
from core.migrate.undo import Undo, UndoKind
from core.simulated import SimulatedEngine
from core.simulated.lifecycle import halt
from core.simulated.making import make_container, make_host, make_image
from core.simulated.things import Spec
from tests.tui.estate.stage import lines, until
from tests.tui.run.stage import Stage
from tui.app import PodferryApp
from tui.messages import Decision, SettleAsked
from tui.screens.verify import VerifyScreen, side
from tui.screens.verify.lines import Line
from tui.screens.verify.rows import side_rows
from tui.screens.verify.side import SideScreen
from tui.widgets.rows import Tone

HOSTILE = "b[/x]\x1b[31m"
RUN = "20260131-235959-3fa9"
SAME = tuple(Compared(aspect, Verdict.SAME, f"{aspect} then", f"{aspect} now") for aspect in Aspect)


def but(*others: Compared) -> tuple[Compared, ...]:
    """All the same, but these."""
    told = {other.aspect: other for other in others}
    return tuple(told.get(same.aspect, same) for same in SAME)


ANEW = Compared(
    Aspect.PROBES,
    Verdict.DIFFERENT,
    "count 200, 11",
    "count 200, 0",
    ("count: 0 after 11: it has begun anew",),
)
WRONG = Compared(
    Aspect.FILES, Verdict.DIFFERENT, "3 files", "3 files", ("differs: etc/[red]\x1b[31m",)
)
MOVED_ON = Compared(
    Aspect.NETWORKS, Verdict.EXPECTED, "web 10.88.0.2", "web 10.88.0.9", ("another address",)
)
KEPT = {
    "api": but(MOVED_ON),
    "db": but(ANEW, WRONG),
    HOSTILE: but(WRONG),
    "web": but(MOVED_ON),
    "unseen": (),
}


def keep(
    kept: dict[str, tuple[Compared, ...]], ids: dict[str, str], arrived: dict[str, str]
) -> None:
    """A journal of a run that has moved these, but for `db`, which came back."""

    async def write() -> None:
        items = [(name, ids.get(name, name), "container", "checkpoint") for name in kept]
        journal = Journal.create(RUN, "old", "new", items)
        for name, compared in kept.items():
            outcome = Outcome.ROLLED_BACK if name == "db" else Outcome.MOVED
            await journal.end_item(name, outcome, 1.0, 0, "")
            if outcome is Outcome.MOVED and name in arrived:
                undo = Undo(UndoKind.REMOVE_CONTAINER, arrived[name])
                await journal.add_undo(name, undo.to_json())
            if compared:
                await keep_compared(journal, name, compared)
        journal.close()

    asyncio.run(write())


@pytest.fixture
def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[SimulatedEngine, ...]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    old, new = make_host("old"), make_host("new")
    ids: dict[str, dict[str, str]] = {"old": {}, "new": {}}
    for host in (old, new):
        spec = Spec("localhost/c:1", make_image(host, "localhost/c:1").id)
        for name in KEPT:
            made = make_container(host, name, spec)
            made.log += [f"a line of {name} on {host.label}"]
            ids[host.label][name] = made.id
            if host is old and name != "db":
                halt(old, made, 0)
    keep(KEPT, ids["old"], ids["new"])
    engines = SimulatedEngine(old), SimulatedEngine(new)
    for engine in engines:
        asyncio.run(engine.connect())
    return engines


def names(app: Stage) -> list[str]:
    """Of the rows of the matrix, in their order."""
    return [row.key for row in app.screen.query_one("#items").rows]  # type: ignore[attr-defined]


async def test_the_worst_come_first_and_words_say_what_signs_say(
    pair: Sequence[SimulatedEngine],
) -> None:
    app = Stage(VerifyScreen(RUN, *pair))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "5 items" in app.message)
        assert names(app) == ["db", HOSTILE, "unseen", "api", "web"]
        text = app.text("#items")
        assert "rolled back" in text
        # What is told is not what is so now.
        assert "when last looked at: r looks again" in app.message
        assert "1 differ" in text
        assert "not compared" in text
        assert text.count("as it was") == 2
        assert "\x1b" not in text


async def test_an_item_side_by_side_with_both_logs(
    pair: Sequence[SimulatedEngine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(side, "FOLLOW_S", 0)
    app = Stage(VerifyScreen(RUN, *pair))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "5 items" in app.message)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, SideScreen))
        sides = app.text("#sides")
        assert "count 200, 11" in sides
        assert "count 200, 0" in sides
        assert "it has begun anew" in sides
        assert "\x1b" not in sides
        await until(pilot, lambda: "a line of db on old" in app.text("#log-was"))
        pair[0].world.container("db").log.append("one more")
        await until(pilot, lambda: "one more" in app.text("#log-was"))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, VerifyScreen))


def test_of_several_containers_only_what_differs_stands_out() -> None:
    words = "app: running\ndb: running", "app: running\ndb: exited (1)"
    told = Compared(Aspect.STATE, Verdict.DIFFERENT, *words, ("db: it ended with exit code 1",))
    item = JournalItem("shop", "1", "pod", "checkpoint", {}, "", "moved", "", None, 1.0, 0, "", ())
    _, app, db, _ = side_rows(Line(item, (told,)), "old", "new", 100)
    assert [row.spans[-1].tone for row in (app, db)] == [Tone.PLAIN, Tone.BAD]


async def test_only_what_is_good_is_accepted_with_all(pair: Sequence[SimulatedEngine]) -> None:
    app = Stage(VerifyScreen(RUN, *pair))
    asked: list[SettleAsked] = []
    async with app.run_test(size=(120, 40), message_hook=_noting(asked)) as pilot:
        await until(pilot, lambda: "5 items" in app.message)
        await pilot.press("A")
        await until(pilot, lambda: len(asked) == 1)
        assert (asked[0].decision, set(asked[0].items)) == (Decision.ACCEPT, {"api", "web"})
        await pilot.press("z")
        await until(pilot, lambda: "Only what has moved" in app.message)
        await pilot.press("down", "z")
        await until(pilot, lambda: len(asked) == 2)
        assert (asked[1].decision, dict(asked[1].items)) == (Decision.ROLL_BACK, {HOSTILE: RUN})


def _noting(asked: list[SettleAsked]) -> Callable[[object], None]:
    def hook(message: object) -> None:
        if isinstance(message, SettleAsked) and message not in asked:
            asked.append(message)

    return hook


async def test_the_app_opens_it_with_a_key(pair: Sequence[SimulatedEngine]) -> None:
    app = PodferryApp(pair[0], pair[1])
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "web" in "\n".join(lines(app)))
        await pilot.press("V")
        await until(pilot, lambda: isinstance(app.screen, VerifyScreen))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.estate_screen)


async def test_180_rows_are_shown_and_gone_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "many"))
    await asyncio.to_thread(keep, {f"item-{n:03}": SAME for n in range(180)}, {}, {})
    engines = SimulatedEngine(make_host("old")), SimulatedEngine(make_host("new"))
    app = Stage(VerifyScreen(RUN, *engines))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "180 items: 180 as they were" in app.message)
        await pilot.press("end")
        assert app.screen.query_one("#items").key == "item-179"  # type: ignore[attr-defined]


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
def test_matrix(
    snap_compare: Callable[..., bool], pair: Sequence[SimulatedEngine], size: tuple[int, int]
) -> None:
    async def show(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: "5 items" in pilot.app.message)  # type: ignore[attr-defined]

    assert snap_compare(Stage(VerifyScreen(RUN, *pair)), terminal_size=size, run_before=show)


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
def test_sides(
    snap_compare: Callable[..., bool], pair: Sequence[SimulatedEngine], size: tuple[int, int]
) -> None:
    async def show(pilot: Pilot[None]) -> None:
        app = pilot.app
        await until(pilot, lambda: "5 items" in app.message)  # type: ignore[attr-defined]
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, SideScreen))
        await until(pilot, lambda: "on new" in app.text("#log-is"))  # type: ignore[attr-defined]

    assert snap_compare(Stage(VerifyScreen(RUN, *pair)), terminal_size=size, run_before=show)


async def test_a_bad_file_of_probes_stops_the_run_with_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "podferry").mkdir()
    (tmp_path / "podferry" / "probes.toml").write_text("[web")
    old, new = make_host("old"), make_host("new")
    make_container(old, "web", Spec("localhost/c:1", make_image(old, "localhost/c:1").id))
    app = PodferryApp(SimulatedEngine(old), SimulatedEngine(new))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "web" in "\n".join(lines(app)))
        await pilot.press("e", "g")
        await until(pilot, lambda: "from old to new" in "\n".join(lines(app)))
        await pilot.press("g")
        await until(pilot, lambda: any("no TOML" in n.message for n in app._notifications))
        assert app.screen is app.estate_screen
    assert old.container("web").running
