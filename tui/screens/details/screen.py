"""Everything about the item under the cursor, on a screen of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen

from core.checks.model import Finding
from core.errors import PodferryError
from core.podman.engine import Engine
from core.podman.model import Container, Details, Item
from tui.keymap import named
from tui.screens.details.sections import container_sections, findings_section, pod_sections
from tui.widgets.bar import Bar
from tui.widgets.groups import LOOKING, MOVING_ON
from tui.widgets.key_bar import KeyBar
from tui.widgets.row_view import RowView
from tui.widgets.rows import Row, Span
from tui.widgets.sections import Section, section_rows
from tui.widgets.text import clean

_COPY = "Copy what the mouse has selected, or the name"


class DetailsTaken(Message):
    """A container was looked at closely."""

    def __init__(self, details: Details) -> None:
        super().__init__()
        self.details = details


class DetailsFailed(Message):
    """It could not be looked at, and why."""

    def __init__(self, error: PodferryError) -> None:
        super().__init__()
        self.error = error


class DetailsScreen(Screen[None]):
    """About a pod or a container; secrets are masked."""

    CSS_PATH = "details.tcss"
    BINDINGS: ClassVar[list[BindingType]] = named(
        "details",
        [
            Binding("escape,q,d,left", "dismiss", "Back", key_display="esc", group=MOVING_ON),
            Binding("r", "refresh", "Look again", group=LOOKING),
            Binding("y", "copy", "Copy", tooltip=_COPY, group=LOOKING),
            Binding("Y", "copy_id", "Copy ID", group=LOOKING),
        ],
    )

    def __init__(
        self,
        engine: Engine,
        item: Item,
        row_id: str,
        findings: Sequence[Finding] = (),
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__()
        self._engine = engine
        self._item = item
        self._findings = findings_section(findings)
        self._clock = clock
        self._sections: list[Section] = []
        self._container: Container | None = next(
            (c for c in item.containers if c.id == row_id), None
        )

    def compose(self) -> ComposeResult:
        yield Bar(id="title")
        view = RowView(self._rows, id="told")
        # It has no cursor, but is scrolled with the keys.
        view.can_focus = True
        yield view
        yield KeyBar(self.BINDINGS)

    @property
    def _about(self) -> Container | Item:
        return self._container or self._item

    def on_mount(self) -> None:
        self.query_one("#title", Bar).show(
            (f" {self._about.name}", "bold"), (f"  on {self._engine.label}", "")
        )
        self.query_one(RowView).focus()
        self.action_refresh()

    def action_refresh(self) -> None:
        if self._container is None:
            self._show(pod_sections(self._item))
        else:
            self.run_worker(self._look(self._container.id), group="details", exclusive=True)

    def action_copy(self) -> None:
        self._copy(self.get_selected_text() or self._about.name)

    def action_copy_id(self) -> None:
        self._copy(self._about.id)

    def _copy(self, text: str) -> None:
        self.app.copy_to_clipboard(text)
        self.notify(f"copied: {clean(text)}", markup=False, timeout=4)

    async def _look(self, container_id: str) -> None:
        try:
            self.post_message(DetailsTaken(await self._engine.details(container_id)))
        except PodferryError as error:
            self.post_message(DetailsFailed(error))

    @on(DetailsTaken)
    def _on_taken(self, message: DetailsTaken) -> None:
        if self._container is not None:
            self._show(container_sections(self._container, message.details, self._clock()))

    @on(DetailsFailed)
    def _on_failed(self, message: DetailsFailed) -> None:
        lines = [clean(line) for line in str(message.error).splitlines()]
        self._show([Section("Not to be seen", tuple(lines))])

    def _show(self, sections: list[Section]) -> None:
        self._sections = [*sections[:1], *self._findings, *sections[1:]]
        self.query_one(RowView).update()

    def _rows(self, width: int) -> Sequence[Row]:
        return section_rows(self._sections, width) or [Row((Span("Looking ..."),))]
