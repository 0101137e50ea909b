"""The estates of source and target side by side, and the marks on the source's items."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container

from core.checks.model import On
from core.journal.history import waiting
from core.podman.engine import Engine
from core.podman.model import Route
from tui.lookout import Lookout
from tui.messages import (
    Decision,
    GoAsked,
    KeepAsked,
    ResumeAsked,
    RunsAsked,
    SettleAsked,
    VerifyAsked,
)
from tui.screens.estate.btrfs_notes import BtrfsNotes
from tui.screens.estate.hosts import checkpoints_on_btrfs
from tui.screens.estate.keys import SCREEN_KEYS, key
from tui.screens.estate.lines import banner_parts
from tui.screens.estate.looking import no_target
from tui.screens.estate.marking import MarkingScreen
from tui.screens.estate.marks import outline
from tui.screens.estate.messages import (
    Connected,
    Connecting,
    EstateTaken,
    HostLost,
    Side,
    Surveyed,
    UsageTaken,
)
from tui.screens.estate.pane import HostPane
from tui.screens.estate.rows import Level, Row
from tui.screens.estate.table import EstateTable
from tui.screens.estate.watcher import NO_LISTINGS, Listings, Pace, Watcher
from tui.widgets.bar import Bar
from tui.widgets.key_bar import KeyBar


class EstateScreen(MarkingScreen):
    """Home: it has the hosts watched, and knows where each key leads."""

    CSS_PATH = "estate.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-stacked"), (100, "-beside")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (20, "-tall")]
    BINDINGS: ClassVar[list[BindingType]] = SCREEN_KEYS

    def __init__(
        self,
        source: Engine,
        target: Engine | None,
        *,
        demo: bool = False,
        pace: Pace | None = None,
        first: Listings = NO_LISTINGS,
    ) -> None:
        super().__init__(Lookout(source, target))
        self._engines = {Side.SOURCE: source}
        if target is not None:
            self._engines[Side.TARGET] = target
        self._demo = demo
        self._watchers = {
            side: Watcher(engine, side, self.post_message, pace or Pace(), first.get(engine.label))
            for side, engine in self._engines.items()
        }
        self._btrfs = BtrfsNotes()
        self._under_way = ""
        self._unfinished = ""

    def compose(self) -> ComposeResult:
        yield Bar(id="banner")
        with Container(id="panes"):
            for side, engine in self._engines.items():
                yield HostPane(side, engine.label)
        yield Bar(id="sums")
        yield self._filter
        yield KeyBar(self.BINDINGS)

    def on_mount(self) -> None:
        self._show_banner()
        self._show_sums()
        self.source.table.focus()
        for side, watcher in self._watchers.items():
            self.run_worker(watcher.run(), name=f"watch {side}", group=f"watch {side}")
        self.run_worker(self.lookout.watch(lambda: self.post_message(Surveyed())))

    def on_screen_suspend(self) -> None:
        for watcher in self._watchers.values():
            watcher.rest()
        self.lookout.rest()

    def on_screen_resume(self) -> None:
        for watcher in self._watchers.values():
            watcher.wake()
        self.lookout.wake()
        self._show_marks()
        self.look_back()

    def look_back(self) -> None:
        """Learn what has moved, and what other processes are at."""
        self.post_message(RunsAsked())
        if Side.TARGET in self._engines:
            self.run_worker(self._read_moved(), group="look back")

    async def _read_moved(self) -> None:
        labels = [engine.label for engine in self._engines.values()]
        self._moved = await asyncio.to_thread(waiting, *labels)
        if self.is_attached:
            self._show_marks()

    def show_runs(self, under_way: str, unfinished: str) -> None:
        """Say in the banner which runs between these hosts are not over; nothing for none."""
        self._under_way, self._unfinished = under_way, unfinished
        self._show_banner()

    # What the watchers report.

    @on(Connecting)
    def _on_connecting(self, message: Connecting) -> None:
        self.pane(message.side).show_connecting()

    @on(Connected)
    def _on_connected(self, message: Connected) -> None:
        self.pane(message.side).show_connected(message.info)
        self._show_banner()
        self.lookout.stale()
        self._catch_up()

    @on(EstateTaken)
    def _on_estate(self, message: EstateTaken) -> None:
        pane = self.pane(message.side)
        if message.side is Side.SOURCE:
            before = {i.id: i.name for i in pane.items}
            gone = self._book.keep_only(message.estate.items)
            if names := [before[i] for i in gone if i in before]:
                self.say(f"No longer on {pane.label}, so not marked: {', '.join(sorted(names))}")
        if outline(pane.estate) != outline(message.estate):
            self.lookout.stale()
        pane.show_estate(message.estate)
        self._show_marks()

    @on(UsageTaken)
    def _on_usage(self, message: UsageTaken) -> None:
        self.pane(message.side).show_usage(message.usage)
        self._show_sums()

    @on(Surveyed)
    def _on_surveyed(self) -> None:
        self._show_marks()

    @on(HostLost)
    def _on_lost(self, message: HostLost) -> None:
        self.pane(message.side).show_error(message.error)
        self._catch_up()

    # What the operator asks for with the mouse or the filter.

    @on(EstateTable.OpenClicked)
    def _on_open_clicked(self) -> None:
        self.action_details()

    # Looking.

    def action_open(self) -> None:
        row = self.active.table.cursor_row
        if row is not None and row.level in (Level.FOLDED, Level.UNFOLDED):
            self.active.fold(row, unfolded=row.level is Level.FOLDED)
        else:
            self.action_details()

    def action_refresh(self) -> None:
        """Retry the hosts that are lost; if none is, look at the active one again."""
        lost = [p.side for p in self.query(HostPane) if p.error is not None]
        for side in lost or [self.active.side]:
            self._watchers[side].refresh()
        self.lookout.stale()
        self.look_back()

    def action_details(self) -> None:
        from tui.screens.details.screen import DetailsScreen

        pane = self.active
        row: Row | None = pane.table.cursor_row
        if row is not None and (item := pane.item(row.item_id)) is not None:
            report = self._report if pane is self.source else None
            findings = report.items.get(item.name, ()) if report is not None else ()
            screen = DetailsScreen(self._engines[pane.side], item, row.id, findings)
            self._once_known(lambda: self.app.push_screen(screen))

    def action_help(self) -> None:
        from tui.screens.estate.legend import LEGEND
        from tui.screens.help.screen import HelpScreen

        self.app.push_screen(HelpScreen(self, LEGEND))

    def action_preflight(self) -> None:
        if Side.TARGET not in self._engines:
            self.say(no_target())
            return
        from tui.screens.preflight import PreflightScreen

        self._once_known(lambda: self.app.push_screen(PreflightScreen(self.lookout, self.marks)))

    def action_archives(self) -> None:
        from tui.screens.archives import ArchivesScreen

        self.app.push_screen(ArchivesScreen())

    def action_btrfs(self) -> None:
        self._once_known(self._show_btrfs)

    def _show_btrfs(self) -> None:
        hosts = self._hosts_on_btrfs()
        if hosts:
            self._tell_of_btrfs(hosts)
        else:
            self.say("No host that checkpoints is on copy-on-write btrfs.")

    def _marked(self, done: object) -> None:
        super()._marked(done)
        if Route.CHECKPOINT in self._book.by_id.values():
            hosts = self._btrfs.first_time(self._hosts_on_btrfs())
            if hosts:
                self._tell_of_btrfs(hosts)

    def _hosts_on_btrfs(self) -> list[On]:
        infos = {On(pane.side): pane.info for pane in self.query(HostPane)}
        return [end for end, info in infos.items() if info and checkpoints_on_btrfs(info)]

    def _tell_of_btrfs(self, hosts: list[On]) -> None:
        from tui.screens.btrfs import BtrfsScreen

        def closed(ignored: frozenset[On] | None) -> None:
            self._btrfs.ignore(ignored or ())
            for end in hosts:
                self.pane(Side(end)).show_connected(self.lookout.info(end))
            self._show_banner()

        self._btrfs.first_time(hosts)
        self.app.push_screen(BtrfsScreen(self.lookout, hosts), closed)

    def action_go(self) -> None:
        self._once_known(self._go)

    def _go(self) -> None:
        if not self.marks:
            self.say(
                f"Nothing is marked yet: {key('mark-advised')} marks the item under the cursor."
            )
        elif Side.TARGET not in self._engines:
            self.say(no_target())
        else:
            self.post_message(GoAsked(self.marks))

    @property
    def active_engine(self) -> Engine:
        """That of the host that the keys are for."""
        return self._engines[self.active.side]

    def action_keep(self) -> None:
        """Of a pod's row, all of its containers; of a container's, that one. On either host."""
        pane = self.active
        row = pane.table.cursor_row
        if row is not None and (item := pane.item(row.item_id)) is not None:
            ids = [c.id for c in item.containers]
            chosen = [row.id] if row.id in ids else ids
            asked = KeepAsked(self._engines[pane.side], item, chosen)
            self._once_known(lambda: self.post_message(asked))

    def action_resume(self) -> None:
        if self._under_way or self._unfinished:
            self._once_known(lambda: self.post_message(ResumeAsked()))
        else:
            self.say("No run between these hosts is under way or unfinished.")

    def action_settle(self, decision: str) -> None:
        items = self._chosen_items() if self.active is self.source else []
        moved = {item.name: self._moved[item.id] for item in items if item.id in self._moved}
        self.source.table.end_range()
        if moved:
            self._once_known(lambda: self.post_message(SettleAsked(Decision(decision), moved)))
        else:
            self.say("Only what has moved can be accepted or brought back: its row says so.")

    def action_probe(self) -> None:
        from tui.screens.probe import ProbeScreen

        pane = self.active
        row: Row | None = pane.table.cursor_row
        if row is not None and (item := pane.item(row.item_id)) is not None:
            screen = ProbeScreen(item, self._engines[pane.side])
            self._once_known(lambda: self.app.push_screen(screen))

    def action_verify(self) -> None:
        """Of the run that moved the item under the cursor, else of the newest."""
        if Side.TARGET not in self._engines:
            self.say(no_target())
            return
        items = self._chosen_items() if self.active is self.source else []
        runs = [self._moved[item.id] for item in items if item.id in self._moved]
        asked = VerifyAsked(runs[0] if runs else "")
        self._once_known(lambda: self.post_message(asked))

    def _show_banner(self) -> None:
        infos = [
            pane.info
            for pane in self.query(HostPane)
            if pane.info is not None and On(pane.side) not in self._btrfs.ignored
        ]
        parts = banner_parts(
            infos, under_way=self._under_way, unfinished=self._unfinished, demo=self._demo
        )
        banner = self.query_one("#banner", Bar)
        banner.show(*parts)
        banner.display = bool(parts)
