"""The screen of a plan: everything that will happen, and the one key that lets it happen."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import Screen

from core.plan.model import ItemPlan, Plan
from tui.keymap import named
from tui.screens.help.screen import HelpScreen
from tui.screens.plan.detail_rows import commands, detail_rows, yaml_rows
from tui.screens.plan.list_rows import LEGEND, list_rows, ordered
from tui.screens.plan.totals import going, headline_rows
from tui.widgets.bar import Bar
from tui.widgets.groups import LOOKING, MOVING_ON
from tui.widgets.key_bar import KeyBar
from tui.widgets.row_view import RowView
from tui.widgets.rows import Row
from tui.widgets.words import escape

_FIXED = 5
"""Rows of the headline, the last line and the keys."""
_LEAST_LIST = 5
_COPY = "Copy what the mouse has selected, or the line under the cursor"
_COPY_ALL = "Copy all commands of the item, or its YAML"


class PlanScreen(Screen[bool]):
    """Dismissed with True to go, with False to go back."""

    CSS_PATH = "screen.tcss"
    AUTO_FOCUS = "#list"
    BINDINGS = named(
        "plan",
        [
            Binding("enter,g", "go", "Go", key_display="enter", group=MOVING_ON),
            Binding("escape,b", "back", "Back", key_display="esc", group=MOVING_ON),
            Binding("tab", "app.focus_next", "List/steps", group=LOOKING),
            Binding("v", "yaml", "YAML", tooltip="Show the YAML or the steps", group=LOOKING),
            Binding("y", "copy", "Copy", tooltip=_COPY, group=LOOKING),
            Binding("Y", "copy_all", "Copy all", tooltip=_COPY_ALL, group=LOOKING),
            Binding("question_mark", "help", "Help", key_display="?", group=MOVING_ON),
        ],
    )

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self._plan = plan
        self._ordered = ordered(plan)
        self._yaml = False
        """Whether the detail shows the YAML instead of the steps."""

    def compose(self) -> ComposeResult:
        yield RowView(lambda width: headline_rows(self._plan, width), id="headline")
        yield RowView(lambda width: list_rows(self._plan, width), cursor=True, id="list")
        yield RowView(self._detail_rows, cursor=True, id="detail")
        yield Bar(id="going")
        yield KeyBar([*self.BINDINGS], id="keys")

    def on_mount(self) -> None:
        self._list = self.query_one("#list", RowView)
        self._detail = self.query_one("#detail", RowView)
        self._list.border_title = " Items "
        self._detail.border_title = " Steps "

    def on_resize(self) -> None:
        room = self.size.height - _FIXED
        needed = len(list_rows(self._plan, self.size.width - 5)) + 1
        self._list.styles.height = min(needed, max(_LEAST_LIST, room * 9 // 20))
        self._say()

    @property
    def item(self) -> ItemPlan | None:
        """The item under the cursor."""
        key = self._list.key
        return self._ordered[int(key)] if key else None

    def _detail_rows(self, width: int) -> Sequence[Row]:
        item = self.item
        if item is None:
            return ()
        return yaml_rows(item, width) if self._shows_yaml(item) else detail_rows(item, width)

    def _shows_yaml(self, item: ItemPlan) -> bool:
        return self._yaml and bool(item.kube_yaml)

    def _say(self, note: str = "") -> None:
        """A note, or what going on will do."""
        able = bool(self._plan.ready)
        text = escape(note) or going(self._plan, self.size.width - 2)
        style = "$text-muted" if note else "bold" if able else "bold $text-error"
        self.query_one(Bar).show((text, style))

    @on(RowView.CursorMoved, "#list")
    def _on_item(self) -> None:
        self._show_item()
        self._say()

    def _show_item(self) -> None:
        item = self.item
        self._detail.border_title = " YAML " if item and self._shows_yaml(item) else " Steps "
        self._detail.update()
        self._detail.action_cursor_to_end(-1)

    @on(RowView.CursorMoved, "#detail")
    def _on_line(self) -> None:
        self._say()

    def action_go(self) -> None:
        if self._plan.ready:
            self.dismiss(True)
        else:
            self._say()

    def action_back(self) -> None:
        self.dismiss(False)

    def action_yaml(self) -> None:
        item = self.item
        if item is None:
            return
        if not item.kube_yaml:
            self._say(f"{item.name} has no YAML: it is not played by kube")
            return
        self._yaml = not self._yaml
        self._show_item()
        self._say()

    def action_help(self) -> None:
        self.app.push_screen(HelpScreen(self, LEGEND))

    def action_copy(self) -> None:
        view = self.focused
        self._copy(self.get_selected_text() or (view.copy if isinstance(view, RowView) else ""))

    def action_copy_all(self) -> None:
        item = self.item
        if item is not None:
            self._copy(item.kube_yaml if self._shows_yaml(item) else commands(item))

    def _copy(self, text: str) -> None:
        if text:
            self.app.copy_to_clipboard(text)
            self._say(f"copied: {text}")
