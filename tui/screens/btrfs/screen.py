"""The dialog about hosts on copy-on-write btrfs, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from core.checks.btrfs import nodatacow_fix, rewrite_fix
from core.checks.model import Fix, On
from core.podman.model import StoreState
from tui.lookout import Lookout
from tui.screens.btrfs.keys import KEYS
from tui.screens.btrfs.rows import Known, known_rows
from tui.screens.fixes.errand import Errand
from tui.screens.fixes.rows import fix_rows, undo_rows
from tui.screens.fixes.screen import FixScreen
from tui.widgets.bar import Bar
from tui.widgets.dialog import RowsDialog
from tui.widgets.key_bar import KeyBar
from tui.widgets.row_view import RowView
from tui.widgets.rows import Row

_LOOKED = "done, and looked again: what stands at `now` was seen after it"


class BtrfsScreen(RowsDialog[frozenset[On]]):
    """Dismissed with the hosts that are to be ignored."""

    DEFAULT_CSS = """
    BtrfsScreen {
        & > Vertical { width: 86; }
        & #title { padding: 0 1; }
    }
    """
    columns = 86
    other_rows = 5
    BINDINGS: ClassVar[list[BindingType]] = KEYS

    def __init__(self, lookout: Lookout, hosts: Sequence[On]) -> None:
        super().__init__()
        self._lookout = lookout
        self._hosts = list(hosts)
        self._at = 0
        self._stores: dict[On, StoreState] = {}
        self._ignored: set[On] = set()
        self._errand = Errand()

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Bar(id="title")
            view = RowView(self._rows)
            view.can_focus = True
            yield view
            yield self._errand
            yield KeyBar(self._keys)

    @property
    def _keys(self) -> list[BindingType]:
        """A single host has no next one."""
        alone = len(self._hosts) == 1
        return [b for b in self.BINDINGS if not (alone and _is_next(b))]

    def on_mount(self) -> None:
        self._show()
        self._look()

    def needed(self, width: int) -> int:
        return len(self._rows(width))

    @property
    def at(self) -> On:
        """The host that is shown."""
        return self._hosts[self._at]

    def _rows(self, width: int) -> Sequence[Row]:
        host = self._lookout.info(self.at)
        return known_rows(
            Known(host, self._stores.get(self.at), self._lookout.canaries.get(self.at)), width
        )

    def _show(self) -> None:
        label = self._lookout.hosts[self.at]
        of = ((f" {self._at + 1} of {len(self._hosts)} ", "$text-muted"),)
        state = "btrfs" if self._mended else "copy-on-write btrfs"
        self.query_one("#title", Bar).show(
            (f"{label} keeps its containers on {state}", "bold"),
            right=of if len(self._hosts) > 1 else (),
        )
        self.fit()
        self.query_one(RowView).update()

    @property
    def _mended(self) -> bool:
        store = self._stores.get(self.at)
        return store is not None and not store.cow_folders

    @on(Errand.Changed)
    def _on_errand(self) -> None:
        if self._errand.busy:
            self._errand.say(self._errand.busy)
        self._show()

    def _look(self) -> None:
        at = self.at

        async def look() -> None:
            self._stores[at] = await self._lookout.store(at)

        if at not in self._stores:
            self._errand.begin("Looking at the store ...", look)

    def action_next(self) -> None:
        if not self._errand.refuse():
            self._at = (self._at + 1) % len(self._hosts)
            self._errand.say("")
            self._show()
            self._look()

    def action_fix(self) -> None:
        fix = nodatacow_fix(self._lookout.info(self.at), self.at)
        self._ask(fix, "Make all folders nodatacow?")

    def action_rewrite(self) -> None:
        at, store = self.at, self._stores.get(self.at)
        if store is None:
            self._errand.say("not yet: the store has not been looked at")
        elif not self._mended:
            self._errand.say("f first: rewritten files would be copied on write again")
        elif not store.rewritable_files:
            self._errand.say("there is nothing left to rewrite")
        else:
            self.run_worker(self._ask_rewrite(at, store), exit_on_error=False)

    async def _ask_rewrite(self, at: On, store: StoreState) -> None:
        running = await self._lookout.running(at)
        fix = rewrite_fix(self._lookout.info(at), at, store, running)
        if fix is not None:
            self._ask(fix, "Stop what runs, and rewrite?")

    def _ask(self, fix: Fix, question: str) -> None:
        at, hosts = self.at, self._lookout.hosts

        async def change() -> str:
            try:
                await self._lookout.fix(fix)
            finally:
                self._stores[at] = await self._lookout.store(at)
            return _LOOKED

        self._errand.ask(FixScreen(lambda w: fix_rows(fix, hosts, w), question), fix.title, change)

    def action_take_back(self) -> None:
        at, fix, hosts = self.at, self._lookout.last_fix, self._lookout.hosts
        if fix is None:
            self._errand.say("there is no fix to take back")
            return
        chosen = fix

        async def change() -> str:
            try:
                await self._lookout.take_back(chosen)
            finally:
                self._stores[at] = await self._lookout.store(at)
            return _LOOKED

        question = FixScreen(lambda w: undo_rows(chosen, hosts, w), "Take it back?")
        self._errand.ask(question, f"take back: {fix.title}", change)

    def action_canary(self) -> None:
        at = self.at

        async def fly() -> str:
            await self._lookout.try_canary(at)
            return "the canary is back: what it proved stands at `canary`"

        doing = "Checkpointing and restoring a throwaway container ..."
        self._errand.begin(doing, fly, changing=True)

    def action_ignore(self) -> None:
        if self._errand.changing:
            self._errand.refuse()
            return
        self._ignored.add(self.at)
        left = [end for end in self._hosts if end not in self._ignored]
        if left:
            self._hosts, self._at = left, 0
            self._show()
            self._look()
        else:
            self.dismiss(frozenset(self._ignored))

    def action_leave(self) -> None:
        if self._errand.changing:
            self._errand.refuse()
        else:
            self.dismiss(frozenset(self._ignored))


def _is_next(binding: BindingType) -> bool:
    return isinstance(binding, Binding) and binding.action == "next"
