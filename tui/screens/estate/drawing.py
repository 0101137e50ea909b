"""How a row is drawn, cell by cell: no colour says anything that a sign does not say too."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from core.podman.model import Route, State
from tui.screens.estate.columns import FOLD_WIDTH, GAP, Placed
from tui.screens.estate.rows import Level, Row
from tui.screens.estate.sorting import SortKey
from tui.screens.estate.standing import Standing
from tui.widgets.text import Cut, fit


class Look(Enum):
    """What sets a row apart from the others."""

    PLAIN = auto()
    CURSOR = auto()
    CURSOR_ELSEWHERE = auto()
    """Under the cursor of the pane that has no focus."""
    RANGE = auto()


_GUTTERS = {Look.PLAIN: " ", Look.CURSOR: ">", Look.CURSOR_ELSEWHERE: " ", Look.RANGE: "│"}
_LOOK_STYLES = {
    Look.CURSOR: "cursor",
    Look.CURSOR_ELSEWHERE: "cursor-elsewhere",
    Look.RANGE: "range",
}
_MARKS = {Route.CHECKPOINT: ("C", "checkpoint"), Route.KUBE: ("K", "kube")}
_STANDINGS = {
    Standing.UNKNOWN: ("  ", ""),
    Standing.READY: ("✓ ", "running"),
    Standing.FLAGS: ("⚑ ", "warning"),
    Standing.BLOCKED: ("■ ", "failed"),
    Standing.MOVED: ("→ ", "warning"),
}
_NAME_STARTS = {
    Level.FOLDED: "▸ ",
    Level.UNFOLDED: "▾ ",
    Level.SINGLE: "  ",
    Level.CHILD: "    ",
}
_STATE_STYLES = {
    State.RUNNING: "running",
    State.PAUSED: "warning",
    State.DEGRADED: "warning",
    State.UNKNOWN: "warning",
}
_GAP = " " * GAP


def draw_row(
    row: Row,
    look: Look,
    columns: tuple[Placed, ...],
    width: int,
    *,
    base: Style,
    style_of: Callable[[str], Style],
    markable: bool,
) -> Strip:
    """The row as a strip of exactly that many cells."""
    # Under the cursor one pair of colours has to do: others might not stand out from it.
    plain = look is not Look.CURSOR
    ground = base + style_of(_LOOK_STYLES[look]) if look in _LOOK_STYLES else base

    def styled(name: str) -> Style:
        return ground + style_of(name) if plain and name else ground

    segments = [Segment(_GUTTERS[look], ground)]
    if row.mark is not None:
        letter, mark_style = _MARKS[row.mark]
        segments.append(Segment(f"{letter} ", styled(mark_style)))
    elif markable and row.level is not Level.CHILD:
        segments.append(Segment("· ", styled("quiet")))
    else:
        segments.append(Segment("  ", ground))
    sign, sign_style = _STANDINGS[row.standing]
    segments.append(Segment(sign, styled(sign_style)))
    for column in columns:
        text, name = _cell(row, column)
        if column.key is SortKey.NAME:
            name = "bold" if row.mark is not None else ""
            style = ground + Style(bold=True) if name else ground
            segments.append(Segment(text, style))
        else:
            segments.append(Segment(_GAP + text, styled(name)))
    return Strip(segments).adjust_cell_length(width, ground).simplify()


def _cell(row: Row, column: Placed) -> tuple[str, str]:
    """Text and style of a cell."""
    width = column.width
    match column.key:
        case SortKey.NAME:
            start = _NAME_STARTS[row.level]
            return start + fit(row.name, width - len(start), Cut.MIDDLE), ""
        case SortKey.STATE:
            return fit(row.state_text, width), _state_style(row)
        case SortKey.MEMORY:
            return fit(row.memory, width, right=True), ""
        case SortKey.IMAGE:
            cut = Cut.START if row.level in (Level.SINGLE, Level.CHILD) else Cut.END
            return fit(row.image, width, cut), "quiet"
        case SortKey.PORTS:
            return fit(row.ports, width), ""


def _state_style(row: Row) -> str:
    if row.state is State.EXITED:
        return "failed" if row.state_text.startswith("✗") else "quiet"
    return _STATE_STYLES.get(row.state, "quiet")


_TITLES = {
    SortKey.NAME: "NAME",
    SortKey.STATE: "STATE",
    SortKey.MEMORY: "MEMORY ",
    SortKey.IMAGE: "IMAGE",
    SortKey.PORTS: "PORTS",
}


def header_cells(
    columns: tuple[Placed, ...], sort: SortKey, *, reverse: bool
) -> list[tuple[Placed, str]]:
    """The title of each column, the sorted one with an arrow."""
    cells = []
    for column in columns:
        title = _TITLES[column.key]
        if column.key is sort:
            rising = reverse is (column.key is SortKey.MEMORY)
            title = title.rstrip() + ("▲" if rising else "▼")
        if column.key is SortKey.NAME:
            title = " " * FOLD_WIDTH + title
        right = column.key is SortKey.MEMORY
        cells.append((column, fit(title, column.width, right=right)))
    return cells
