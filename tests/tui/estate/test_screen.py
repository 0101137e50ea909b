from __future__ import annotations

import pytest
from textual import events
from textual.message import Message

from core.podman.model import Route, State
from tests.tui.estate.stage import lines, make_app, new_host, old_host, until, until_listed
from tests.tui.stub_engine import MIB, StubEngine, single
from tui.messages import GoAsked
from tui.screens.details.screen import DetailsScreen
from tui.screens.estate.messages import Connected, EstateTaken, HostLost, Side
from tui.screens.estate.pane import HostPane
from tui.theme import DARK, PLAIN_NAME


async def test_the_watchers_report_and_the_panes_show() -> None:
    heard: list[Message] = []
    app = make_app(old_host(), new_host())
    async with app.run_test(size=(120, 30), message_hook=heard.append) as pilot:
        await until_listed(pilot, app)
        for kind in (Connected, EstateTaken):
            assert {m.side for m in heard if isinstance(m, kind)} == {Side.SOURCE, Side.TARGET}
        shown = "\n".join(lines(app))
        assert "podman 5.8.6 · overlay on btrfs" in shown
        assert "registry:3" in shown
        assert "copy-on-write btrfs" in shown


async def test_marks_by_advice_by_route_and_off() -> None:
    app = make_app(old_host(), new_host())
    async with app.run_test(size=(120, 30)) as pilot:
        await until_listed(pilot, app)
        screen = app.estate_screen
        await pilot.press("space", "down", "c")
        assert screen.marks == {"crm": Route.KUBE, "shop": Route.CHECKPOINT}
        await pilot.press("e", "up", "space")
        assert screen.marks == {"shop": Route.KUBE}
        await pilot.press("down", "u")
        assert screen.marks == {}
        await pilot.press("a")
        assert len(screen.marks) == 7
        await pilot.press("U")
        assert screen.marks == {}


async def test_keys_wait_until_a_host_whose_rows_are_shown_is_known() -> None:
    heard: list[Message] = []
    source = old_host()
    source.learned.clear()
    app = make_app(source, new_host(), first={"old": source.estate()})
    async with app.run_test(size=(120, 30), message_hook=heard.append) as pilot:
        await until(pilot, lambda: app.estate_screen.is_mounted)
        screen = app.estate_screen
        await until(pilot, lambda: screen.source.estate is not None)
        await pilot.press("space", "down", "c", "g")
        assert screen.marks == {}
        assert "looking at the host" in "\n".join(lines(app))
        source.learned.set()
        await until(pilot, lambda: any(isinstance(m, GoAsked) for m in heard))
        assert screen.marks == {"crm": Route.KUBE, "shop": Route.CHECKPOINT}


async def test_a_filter_narrows_what_mark_all_marks() -> None:
    app = make_app(old_host(), new_host())
    async with app.run_test(size=(120, 30)) as pilot:
        await until_listed(pilot, app)
        await pilot.press("slash", *"cache", "enter", "a")
        screen = app.estate_screen
        assert list(screen.marks) == ["cache-2", "cache-10"]
        assert "2 of 7 items" in lines(app)[1]
        await pilot.press("escape")
        assert len(screen.source.shown_items) == 7
        await pilot.press("slash", *"!cache", "escape")
        assert len(screen.source.shown_items) == 7
        assert screen.focused is screen.source.table


async def test_ranges() -> None:
    app = make_app(old_host(), new_host())
    async with app.run_test(size=(120, 30)) as pilot:
        await until_listed(pilot, app)
        screen = app.estate_screen
        await pilot.press("shift+down", "shift+down", "e")
        assert list(screen.marks) == ["crm", "shop", screen.source.shown_items[2].name]
        await pilot.press("U", "home", "v", "down", "down", "down", "e")
        assert len(screen.marks) == 4
        assert not screen.source.table.range_open
        await pilot.press("U", "home", "space", "down", "down", "ctrl+@")
        assert len(screen.marks) == 3
        await pilot.press("v", "escape")
        assert not screen.source.table.range_open


async def test_the_target_can_be_looked_at_but_not_marked() -> None:
    app = make_app(old_host(), new_host())
    async with app.run_test(size=(120, 30)) as pilot:
        await until_listed(pilot, app)
        await pilot.press("tab", "space", "a", "c")
        assert app.estate_screen.marks == {}
        await pilot.press("slash", *"zzz", "enter")
        assert app.estate_screen.pane(Side.TARGET).shown_items == ()
        assert "No row matches zzz: esc clears the filter." in "\n".join(lines(app))
        assert len(app.estate_screen.source.shown_items) == 7
        await pilot.press("escape")
        assert "No row matches" not in "\n".join(lines(app))


@pytest.mark.parametrize("theme", [DARK.name, PLAIN_NAME])
async def test_the_title_of_the_host_that_keys_are_for_stands_out(theme: str) -> None:
    app = make_app(old_host(), new_host())
    async with app.run_test(size=(120, 30)) as pilot:
        await until_listed(pilot, app)
        app.theme = theme
        await pilot.pause()

        def looks() -> list[object]:
            titles = [pane.query_one(".title").styles for pane in app.screen.query(HostPane)]
            return [(style.background, style.text_style) for style in titles]

        keyed, other = looks()
        assert keyed != other
        await pilot.press("tab")
        assert looks() == [other, keyed]


async def test_folding_keeps_the_cursor_on_its_pod() -> None:
    app = make_app(old_host(), new_host())
    async with app.run_test(size=(120, 30)) as pilot:
        await until_listed(pilot, app)
        table = app.estate_screen.source.table
        await pilot.press("right", "down", "down")
        assert table.cursor_row is not None
        assert table.cursor_row.name == "crm-web"
        await pilot.press("space")
        assert list(app.estate_screen.marks) == ["crm"]
        await pilot.press("left")
        assert table.cursor_row.name == "crm"
        await pilot.press("asterisk")
        assert len(table.rows) == 11
        await pilot.press("asterisk", "enter")
        assert len(table.rows) == 9


async def test_the_cursor_stays_on_its_row_when_others_come_and_go() -> None:
    source = old_host()
    app = make_app(source, new_host())
    async with app.run_test(size=(120, 30)) as pilot:
        await until_listed(pilot, app)
        screen = app.estate_screen
        await pilot.press("end", "space")
        before = screen.source.table.cursor_row
        source.items = (*source.items, single("aaa"))
        source.changed()
        await until(pilot, lambda: len(screen.source.items) == 8)
        assert screen.source.table.cursor_row == before
        source.items = tuple(i for i in source.items if i.id != getattr(before, "id", ""))
        source.changed()
        await until(pilot, lambda: len(screen.source.items) == 7)
        assert screen.marks == {}


async def test_only_rows_that_look_different_are_drawn_again() -> None:
    source = old_host()
    app = make_app(source, new_host())
    async with app.run_test(size=(120, 30)) as pilot:
        await until_listed(pilot, app)
        await pilot.pause()
        table = app.estate_screen.source.table
        drawn: list[int] = []
        render = table.render_line

        def watched(y: int) -> object:
            drawn.append(y)
            return render(y)

        table.render_line = watched  # type: ignore[method-assign, assignment]
        listed = source.listings
        source.changed()
        await until(pilot, lambda: source.listings > listed)
        await pilot.pause()
        assert drawn == []
        source.memory[source.items[2].id] = 999 * MIB
        app.estate_screen.source.show_usage(await source.usage())
        await pilot.pause()
        assert len(set(drawn)) == 1


async def test_a_host_that_cannot_be_reached_says_why_and_is_retried() -> None:
    source, target = old_host(), new_host()
    target.cut_off()
    heard: list[Message] = []
    app = make_app(source, target)
    async with app.run_test(size=(120, 30), message_hook=heard.append) as pilot:
        await until_listed(pilot, app)
        assert any(isinstance(m, HostLost) and m.side is Side.TARGET for m in heard)
        shown = "\n".join(lines(app))
        assert "Connection refused" in shown
        assert "Check that sshd runs there." in shown
        assert "r tries again" in shown
        await pilot.press("space")
        assert app.estate_screen.marks == {"crm": Route.KUBE}
        target.trouble = None
        await pilot.press("r")
        await until(pilot, lambda: app.estate_screen.pane(Side.TARGET).estate is not None)
        await pilot.pause()
        assert "Connection refused" not in "\n".join(lines(app))


async def test_a_host_that_is_lost_keeps_what_was_seen_and_comes_back() -> None:
    source = old_host()
    app = make_app(source, new_host())
    async with app.run_test(size=(120, 30)) as pilot:
        await until_listed(pilot, app)
        pane = app.estate_screen.source
        source.cut_off()
        source.changed()
        await until(pilot, lambda: pane.error is not None)
        await pilot.pause()
        shown = "\n".join(lines(app))
        assert "What follows is what was seen last." in shown
        assert "cache-2" in shown
        source.learned.clear()
        await pilot.press("r")
        # While it is asked for, it does not look as if it had answered.
        await until(pilot, lambda: "unreachable, trying again ..." in "\n".join(lines(app)))
        assert "Connection refused" in "\n".join(lines(app))
        source.trouble = None
        source.learned.set()
        await until(pilot, lambda: pane.error is None)
        await pilot.pause()
        assert "Connection refused" not in "\n".join(lines(app))


async def test_without_a_target_there_is_one_wide_pane_and_nowhere_to_go() -> None:
    heard: list[Message] = []
    app = make_app(old_host(), None)
    async with app.run_test(size=(120, 30), message_hook=heard.append) as pilot:
        await until_listed(pilot, app)
        assert app.estate_screen.source.size.width == 120
        for key in ("g", "p", "V", "tab"):
            app.clear_notifications()
            await pilot.press("home", "c", key)
            await until(pilot, lambda: "no target: H chooses" in str(list(app._notifications)))
        assert not any(isinstance(m, GoAsked) for m in heard)


async def test_clicks() -> None:
    app = make_app(old_host(), new_host())
    async with app.run_test(size=(120, 30)) as pilot:
        await until_listed(pilot, app)
        screen = app.estate_screen
        table = screen.source.table
        await pilot.click(table, offset=(10, 2))
        assert table.cursor_row == table.rows[2]
        await pilot.click(table, offset=(1, 1))
        assert list(screen.marks) == ["shop"]
        await pilot.click(table, offset=(5, 0))
        assert len(table.rows) == 9
        await pilot.click("#source TableHeader", offset=(30, 0))
        assert screen.source.view.sort == "state"
        await pilot.click("#target EstateTable", offset=(1, 0))
        assert list(screen.marks) == ["shop"]
        await pilot.click("KeyBar", offset=(2, 0))
        assert list(screen.marks) == ["shop"]


async def test_sorting() -> None:
    app = make_app(old_host(), new_host())
    async with app.run_test(size=(120, 30)) as pilot:
        await until_listed(pilot, app)
        pane = app.estate_screen.source
        await pilot.press("s")
        assert pane.view.sort == "state"
        assert pane.shown_items[0].name == "crm"
        await pilot.press("S")
        assert pane.shown_items[0].state is State.EXITED


async def test_details_mask_secrets_and_come_back() -> None:
    source = old_host()
    source.env = ("DB_PASSWORD=hunter2", "TZ=UTC", "URL=pg://a:hunter2@db")
    source.log = ("[/x] unmatched \x1b[31m", "token=hunter2")
    app = make_app(source, new_host())
    async with app.run_test(size=(100, 60)) as pilot:
        await until_listed(pilot, app)
        await pilot.press("end", "d")
        await until(pilot, lambda: isinstance(app.screen, DetailsScreen))
        await until(pilot, lambda: "nginx: master process" in "\n".join(lines(app)))
        shown = "\n".join(lines(app))
        assert "hunter2" not in shown
        assert "DB_PASSWORD=••••" in shown
        assert "[/x] unmatched" in shown
        assert "\x1b[31m" not in shown
        await pilot.press("escape")
        assert app.screen is app.estate_screen
        await pilot.press("home", "d")
        await until(pilot, lambda: "crm-job" in "\n".join(lines(app)))


async def test_long_lines_of_the_details_are_indented_like_their_first() -> None:
    app = make_app(old_host(), new_host())
    async with app.run_test(size=(50, 60)) as pilot:
        await until_listed(pilot, app)
        await pilot.press("end", "d")
        await until(pilot, lambda: "image id" in "\n".join(lines(app)))
        told = lines(app)
        (at,) = (at for at, line in enumerate(told) if line.strip().startswith("image id"))
        indent = len(told[at]) - len(told[at].lstrip())
        assert told[at + 1].strip() == "a" * len(told[at + 1].strip())
        assert len(told[at + 1]) - len(told[at + 1].lstrip()) == indent


async def test_details_of_what_is_gone_say_so() -> None:
    source = old_host()
    app = make_app(source, new_host())
    async with app.run_test(size=(100, 40)) as pilot:
        await until_listed(pilot, app)
        source.cut_off()
        await pilot.press("end", "enter")
        await until(pilot, lambda: "Connection refused" in "\n".join(lines(app)))


async def test_help_tells_all_keys() -> None:
    app = make_app(old_host(), new_host())
    async with app.run_test(size=(100, 60)) as pilot:
        await until_listed(pilot, app)
        await pilot.press("question_mark")
        assert "HelpScreen" in str(app.screen)
        shown = "\n".join(lines(app))
        for words in (
            "ctrl+space",
            "Mark all that are shown",
            "Reverse the order",
            "Begin or extend a range",
        ):
            assert words in shown
        await pilot.press("escape")
        assert app.screen is app.estate_screen


async def test_the_palette_offers_what_the_keys_do() -> None:
    app = make_app(old_host(), new_host())
    async with app.run_test(size=(100, 40)) as pilot:
        await until_listed(pilot, app)
        offered = {c.title for c in app.get_system_commands(app.screen)}
        assert {
            "Mark",
            "Go",
            "Filter",
            "Unmark all that are shown",
            "Theme: light",
            "Quit",
        } <= offered
        await pilot.press("ctrl+p")
        await pilot.press(*"mark all that", "enter")
        await until(pilot, lambda: len(app.estate_screen.marks) == 7)


async def test_hostile_text_is_shown_as_it_is() -> None:
    source = StubEngine(
        "[bold]o[/x]ld\x1b[2J",
        single("[/x][red]name", image="[link=file:///]i\x07mage\u202e"),
        single("漢字" * 30, image=""),
        single("\x1b]0;title\x07", state=State.UNKNOWN),
        single("e\u0301" * 50),
    )
    source.trouble = None
    for size in ((120, 30), (60, 15), (12, 6)):
        app = make_app(source, StubEngine("[/]"))
        async with app.run_test(size=size) as pilot:
            await until_listed(pilot, app)
            await pilot.press("space", "d", "escape")
            shown = "\n".join(lines(app))
            assert "\x1b" not in shown
            assert "\x07" not in shown
            if size[0] == 120:
                assert "[/x][red]name" in shown


async def test_any_size_will_do() -> None:
    app = make_app(old_host(), new_host())
    async with app.run_test(size=(120, 40)) as pilot:
        await until_listed(pilot, app)
        for size in ((99, 24), (60, 15), (20, 5), (1, 1), (300, 80), (80, 24)):
            await pilot.resize_terminal(*size)
            await pilot.press("end", "home", "down")
        assert app.estate_screen.has_class("-stacked")


async def test_two_thousand_rows() -> None:
    source = StubEngine("old", *(single(f"worker-{n}") for n in range(2000)))
    app = make_app(source, StubEngine("new", *source.items))
    async with app.run_test(size=(120, 40)) as pilot:
        await until_listed(pilot, app)
        table = app.estate_screen.source.table
        await pilot.press("end")
        assert table.cursor_row is not None
        assert table.cursor_row.name == "worker-1999"
        assert "worker-1999" in "\n".join(lines(app))
        await pilot.press("a", "slash", *"1999", "enter")
        assert [i.name for i in app.estate_screen.source.shown_items] == ["worker-1999"]
        assert len(app.estate_screen.marks) == 2000
        await pilot.press("escape")
        assert table.cursor_row.name == "worker-1999"


async def test_what_is_pasted_behind_a_slash_is_text() -> None:
    app = make_app(old_host(), new_host())
    async with app.run_test(size=(100, 40)) as pilot:
        await until_listed(pilot, app)
        for key in "/cae/":
            app.post_message(events.Key({"/": "slash"}.get(key, key), key))
        await until(pilot, lambda: app.estate_screen.source.view.needle == "cae/")
        assert app.estate_screen.marks == {}
