"""From an estate and the operator's view of it to the rows of a pane, as pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple

from core.podman.model import Container, Estate, Item, Kind, Route, State, Usage
from tui.screens.estate.filtering import Query, container_text, item_text, parse_query
from tui.screens.estate.sorting import SortKey, memory_bytes, natural, sort_items
from tui.screens.estate.standing import Standing
from tui.widgets.units import format_bytes, plural

_MOVED = "→ moved"


class Level(Enum):
    """What a row stands for, and how its name is drawn."""

    FOLDED = auto()
    UNFOLDED = auto()
    SINGLE = auto()
    CHILD = auto()


class Row(NamedTuple):
    """One line of a pane, as shown: equal rows look the same."""

    id: str
    """Of the pod or container; stays through refreshes."""
    item_id: str
    """Of the item that a mark on this row is for."""
    level: Level
    name: str
    state: State
    state_text: str
    memory: str
    """Memory of what runs, or in brackets the size of the writable layer."""
    image: str
    ports: str
    mark: Route | None
    standing: Standing


@dataclass(frozen=True, slots=True)
class View:
    """How the operator looks at an estate."""

    unfolded: frozenset[str] = frozenset()
    needle: str = ""
    """The filter as typed."""
    sort: SortKey = SortKey.NAME
    reverse: bool = False


class Entry(NamedTuple):
    """An item that is shown, and which of its containers are."""

    item: Item
    unfolded: bool
    children: tuple[Container, ...]


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What is shown and in which order: kept while numbers change, so that no row jumps."""

    entries: tuple[Entry, ...] = ()
    fuzzy: bool = False
    """Nothing matched the filter, and these resemble it."""

    @property
    def items(self) -> tuple[Item, ...]:
        """The items that are shown."""
        return tuple(e.item for e in self.entries)


def arrange(estate: Estate, view: View, usage: Mapping[str, Usage]) -> Arrangement:
    """Filter, sort and unfold."""
    query = parse_query(view.needle)
    entries = {i.id: e for i in estate.items if (e := _entry(i, view, query)) is not None}
    fuzzy = not entries and bool(query.wanted)
    if fuzzy:
        near = [i for i in estate.items if query.resembles(i.name.lower())]
        entries = {i.id: _plain_entry(i, view) for i in near}
    items = [e.item for e in entries.values()]
    ordered = sort_items(items, view.sort, usage, reverse=view.reverse)
    return Arrangement(tuple(entries[i.id] for i in ordered), fuzzy=fuzzy and bool(entries))


def _plain_entry(item: Item, view: View) -> Entry:
    if item.kind is not Kind.POD or item.id not in view.unfolded:
        return Entry(item, unfolded=False, children=())
    return Entry(item, unfolded=True, children=_by_name(item.containers))


def _entry(item: Item, view: View, query: Query) -> Entry | None:
    """How the item is shown; a pod is opened for containers that match when it does not itself."""
    if not query or query.matches(item_text(item)):
        return _plain_entry(item, view)
    if item.kind is not Kind.POD:
        return None
    matching = tuple(c for c in item.containers if query.matches(container_text(item, c)))
    return Entry(item, unfolded=True, children=_by_name(matching)) if matching else None


def _by_name(containers: tuple[Container, ...]) -> tuple[Container, ...]:
    return tuple(sorted(containers, key=lambda c: natural(c.name)))


def make_rows(
    arrangement: Arrangement,
    usage: Mapping[str, Usage],
    marks: Mapping[str, Route],
    standings: Mapping[str, Standing],
) -> tuple[Row, ...]:
    """The rows; `marks` and `standings` are by the items' IDs."""
    rows: list[Row] = []
    for item, unfolded, children in arrangement.entries:
        standing = standings.get(item.id, Standing.UNKNOWN)
        rows.append(_item_row(item, unfolded, usage, marks.get(item.id), standing))
        rows.extend(_container_row(item.id, c, usage) for c in children)
    return tuple(rows)


def _item_row(
    item: Item, unfolded: bool, usage: Mapping[str, Usage], mark: Route | None, standing: Standing
) -> Row:
    memory = _memory_text(memory_bytes(item, usage), item.size_bytes, item.state)
    ports = _ports_text(item.ports)
    if item.kind is not Kind.POD and item.containers:
        only = item.containers[0]
        text = _MOVED if standing is Standing.MOVED else container_state_text(only)
        return Row(
            item.id, item.id, Level.SINGLE, item.name, item.state, text, memory,
            short_image(only.image), ports, mark, standing,
        )  # fmt: skip
    level = Level.UNFOLDED if unfolded else Level.FOLDED
    text = _MOVED if standing is Standing.MOVED else pod_state_text(item)
    count = plural(len(item.containers), "container")
    return Row(
        item.id, item.id, level, item.name, item.state, text, memory, count, ports, mark, standing
    )


def _container_row(item_id: str, container: Container, usage: Mapping[str, Usage]) -> Row:
    used = usage[container.id].memory_bytes if container.id in usage else None
    return Row(
        container.id, item_id, Level.CHILD, container.name, container.state,
        container_state_text(container),
        _memory_text(used, container.size_bytes, container.state),
        short_image(container.image), "", None, Standing.UNKNOWN,
    )  # fmt: skip


def _memory_text(used: int | None, size: int | None, state: State) -> str:
    if used is not None and state in (State.RUNNING, State.DEGRADED, State.PAUSED):
        return format_bytes(used) + " "
    if size is not None and state not in (State.RUNNING, State.DEGRADED):
        return f"({format_bytes(size)})"
    return ""


def _ports_text(ports: tuple[object, ...]) -> str:
    return " ".join(map(str, ports)) if ports else ""


def container_state_text(container: Container) -> str:
    """The state with a sign that tells it without colour."""
    if container.state is State.EXITED and container.exit_code:
        return f"✗ exit {container.exit_code}"
    return f"{_SIGNS[container.state]} {container.state}"


def pod_state_text(item: Item) -> str:
    """The same for a pod, with how many of its containers run when not all do."""
    if item.state is State.DEGRADED:
        return f"◐ {item.running}/{len(item.containers)} run"
    return f"{_SIGNS[item.state]} {item.state}"


_SIGNS = {
    State.RUNNING: "●",
    State.PAUSED: "‖",
    State.CREATED: "○",
    State.EXITED: "■",
    State.DEGRADED: "◐",
    State.UNKNOWN: "?",
}

_ID_LENGTH = 64
"""Of an image ID that stands where a name would."""

_DEFAULT_REGISTRIES = ("docker.io/library/", "docker.io/", "localhost/")


def short_image(image: str) -> str:
    """The image without what goes without saying."""
    for prefix in _DEFAULT_REGISTRIES:
        if image.startswith(prefix):
            return image[len(prefix) :]
    if len(image) == _ID_LENGTH and image.isalnum():
        return image[:12]
    return image
