"""The screen of the kept archives."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import Screen
from textual.worker import get_current_worker

from core.archive import library
from core.archive.comparing import compare
from core.archive.inside import Inside
from core.archive.library import Kept, Whole
from core.archive.reader import look_inside
from core.errors import PodferryError
from tui.inside import difference_lines, masked, sections
from tui.keymap import named
from tui.messages import RestoreAsked, RestoreOver
from tui.screens.archives.inside_screen import InsideScreen
from tui.screens.archives.messages import Failed, Hashing, Listed, Verified, WasRead
from tui.screens.archives.rows import archive_rows
from tui.screens.help.screen import HelpScreen
from tui.widgets.bar import Bar
from tui.widgets.confirm import ConfirmScreen
from tui.widgets.groups import LOOKING, MOVING_ON
from tui.widgets.key_bar import KeyBar
from tui.widgets.row_view import RowView
from tui.widgets.rows import Row
from tui.widgets.sections import Section
from tui.widgets.text import one_line
from tui.widgets.units import format_bytes, plural
from tui.widgets.words import escape

_INSIDE = "What is inside, without restoring it"
_VERIFY = "Hash it, and compare with what was noted when it was made"
_MARK = "Mark it, or unmark it: two are marked at most"
_COMPARE = "How the two marked archives differ"
_RESTORE = "Restore it on the host that the cursor was on; it is checked, and asked, first"
_DELETE = "Delete it, with the files that belong to it"
_FEW = 5000
"""Lines that a screen can show at once."""
_READING = "Reading {name} ..."


class ArchivesScreen(Screen[None]):
    """Lists the library; reads, hashes and deletes what the operator names."""

    CSS_PATH = "screen.tcss"
    AUTO_FOCUS = "#archives"
    BINDINGS = named(
        "archives",
        [
            Binding(
                "enter,right", "look", "Inside", key_display="enter", tooltip=_INSIDE, group=LOOKING
            ),
            Binding("v", "verify", "Verify", tooltip=_VERIFY, group=LOOKING),
            Binding("space", "mark", "Mark", tooltip=_MARK, group=LOOKING),
            Binding(
                "equals_sign",
                "compare",
                "Compare",
                key_display="=",
                tooltip=_COMPARE,
                group=LOOKING,
            ),
            Binding("r", "restore", "Restore", tooltip=_RESTORE, group=MOVING_ON),
            Binding(
                "d,delete", "delete", "Delete", key_display="d", tooltip=_DELETE, group=MOVING_ON
            ),
            Binding("f5", "refresh", "Look again", show=False, group=LOOKING),
            Binding("escape,q,left", "leave", "Back", key_display="esc", group=MOVING_ON),
            Binding("question_mark", "help", "Help", key_display="?", group=MOVING_ON),
        ],
    )

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        super().__init__()
        self._clock = clock
        self._archives: Sequence[Kept] | None = None
        self._states: dict[Path, Whole] = {}
        self._marked: list[Path] = []

    def compose(self) -> ComposeResult:
        yield RowView(self._rows, cursor=True, id="archives")
        yield Bar(id="said")
        yield KeyBar(self.BINDINGS, id="keys")

    def on_mount(self) -> None:
        self.action_refresh()

    def _rows(self, width: int) -> Sequence[Row]:
        if self._archives is None:
            return ()
        return archive_rows(self._archives, self._states, self._marked, self._clock(), width)

    def _say(self, text: str, style: str = "bold") -> None:
        self.query_one("#said", Bar).show((escape(text), style))

    def _chosen(self) -> Kept | None:
        """What the cursor is on; says so if there is nothing."""
        if not self._archives:
            self._say("There is no archive here.")
        return self._kept(Path(self.query_one("#archives", RowView).key))

    def _kept(self, path: Path) -> Kept | None:
        return next((kept for kept in self._archives or () if kept.path == path), None)

    # What the workers do, on threads: an archive may be as large as a disk.

    @work(thread=True, group="list", exclusive=True)
    def _list(self) -> None:
        try:
            self.post_message(Listed(library.archives_in(library.folder())))
        except PodferryError as error:
            self.post_message(Failed(error))

    @work(thread=True, group="read", exclusive=True)
    def _read(self, *paths: Path) -> None:
        worker = get_current_worker()

        def seen(_: int) -> None:
            if worker.is_cancelled:
                raise _Cancelled

        try:
            read = [look_inside(path, seen) for path in paths]
        except PodferryError as error:
            self.post_message(Failed(error))
        except _Cancelled:
            pass
        else:
            self.post_message(WasRead(" → ".join(i.archive for i in read), _told(*read)))

    @work(thread=True, group="hash", exclusive=True)
    def _hash(self, kept: Kept) -> None:
        worker = get_current_worker()
        done_bytes = told = 0

        def seen(count: int) -> None:
            nonlocal done_bytes, told
            if worker.is_cancelled:
                raise _Cancelled
            done_bytes += count
            percent = min(100, 100 * done_bytes // max(1, kept.bytes))
            if percent != told:
                told = percent
                self.post_message(Hashing(kept.path.name, percent))

        try:
            self.post_message(Verified(kept.path, library.verify(kept, seen)))
        except PodferryError as error:
            self.post_message(Failed(error))
        except _Cancelled:
            pass

    @work(thread=True, group="delete")
    def _remove(self, kept: Kept) -> None:
        try:
            library.remove(kept)
            self.post_message(Listed(library.archives_in(library.folder())))
        except PodferryError as error:
            self.post_message(Failed(error))

    # What they report.

    @on(Listed)
    def _on_listed(self, message: Listed) -> None:
        self._archives = message.archives
        here = {kept.path for kept in message.archives}
        self._marked = [path for path in self._marked if path in here]
        size = format_bytes(sum(kept.bytes for kept in message.archives))
        view = self.query_one("#archives", RowView)
        view.border_title = escape(f" {plural(len(message.archives), 'archive')}, {size} ")
        view.update()
        self._say_where()

    @on(RestoreOver)
    def _say_where(self) -> None:
        self._say(str(library.folder()), "")

    @on(Hashing)
    def _on_hashing(self, message: Hashing) -> None:
        self._say(f"Hashing {message.name}: {message.percent} %")

    @on(Verified)
    def _on_verified(self, message: Verified) -> None:
        self._states[message.path] = message.whole
        said = {
            Whole.YES: "is whole: its bytes are those that were kept",
            Whole.CHANGED: "has CHANGED: its bytes are not those that were kept",
            Whole.UNKNOWN: "has no digest noted: what it was cannot be told",
        }[message.whole]
        style = "bold $text-error" if message.whole is Whole.CHANGED else "bold"
        self._say(f"{message.path.name} {said}", style)
        self.query_one("#archives", RowView).update()

    @on(WasRead)
    def _on_read(self, message: WasRead) -> None:
        self._say("")
        self.app.push_screen(InsideScreen(message.title, message.sections))

    @on(Failed)
    def _on_failed(self, message: Failed) -> None:
        self._say(one_line(str(message.error)), "bold $text-error")

    # What the operator asks for.

    def action_refresh(self) -> None:
        self._list()

    def action_look(self) -> None:
        if kept := self._chosen():
            self._say(_READING.format(name=kept.path.name))
            self._read(kept.path)

    def action_verify(self) -> None:
        if kept := self._chosen():
            self._hash(kept)

    def action_mark(self) -> None:
        if kept := self._chosen():
            if kept.path in self._marked:
                self._marked.remove(kept.path)
            else:
                self._marked = [*self._marked[-1:], kept.path]
            self.query_one("#archives", RowView).update()

    def action_compare(self) -> None:
        if len(self._marked) == 2:
            self._say(_READING.format(name="both"))
            # The older one first, however they were marked.
            first, second = sorted(self._marked, key=self._made_s)
            self._read(first, second)
        else:
            self._say("Mark two archives with space to compare them.")

    def _made_s(self, path: Path) -> float:
        kept = self._kept(path)
        return kept.made_s if kept else 0.0

    def action_restore(self) -> None:
        if kept := self._chosen():
            self._say(f"Restoring {kept.path.name} ...")
            self.post_message(RestoreAsked(kept.path))

    def action_delete(self) -> None:
        if kept := self._chosen():
            self._ask_to_delete(kept)

    @work
    async def _ask_to_delete(self, kept: Kept) -> None:
        question = f"Delete {escape(kept.path.name)} ({format_bytes(kept.bytes)})? It is gone then."
        if await self.app.push_screen_wait(ConfirmScreen(question)):
            self._remove(kept)

    def action_leave(self) -> None:
        self.dismiss(None)

    def action_help(self) -> None:
        self.app.push_screen(HelpScreen(self))


class _Cancelled(Exception):
    """Nobody waits for it any more."""


def _told(first: Inside, second: Inside | None = None) -> list[Section]:
    """What is inside one archive, or how two differ."""
    if second is None:
        few = len(first.changed) + sum(len(p.files) for p in first.processes) <= _FEW
        return [Section(s.title, s.lines[:_FEW]) for s in sections(first, files=few)]
    lines = difference_lines(compare(masked(first), masked(second))[:_FEW])
    return [Section("Differences", tuple(lines or ["They do not differ."]))]
