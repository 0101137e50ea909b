"""The keys of the estate screen; the groups are those of the help."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from tui.keymap import named, shown
from tui.widgets.groups import LOOKING, MOVING_ON, SETTLING

MARKS = Binding.Group("Marks")

_MARK = "Mark by the advised route, or unmark"
_CHECKPOINT = "Mark for checkpoint: memory, processes and files move"
_KUBE = "Mark for kube export: made anew on the target"
_PREFLIGHT = "What stands in the way of the marked items, and what settles it"
_BTRFS = "Hosts on copy-on-write btrfs: what is known, and what can be done"
_RESUME = "A run that is under way elsewhere, or one that was broken off"
_ACCEPT = "Accept what has moved: the copy here is deleted"
_ROLL_BACK = "Roll back: bring what has moved back"
_KEEP = "Keep a checkpoint of it as a file; it runs on"
_PROBE = "A probe of the item, that its move has to stand"
_VERIFY = "Whether what has moved is alive as it was"
_FILTER = "Filter the rows"
_ARCHIVES = "Kept archives: what is inside, and whether they are whole"
_DETAILS = "Processes, mounts, environment, networks, log"

_SCREEN: list[BindingType] = [
    Binding("space", "mark_advised", "Mark", tooltip=_MARK, group=MARKS),
    Binding("c", "mark('checkpoint')", "Checkpoint", tooltip=_CHECKPOINT, group=MARKS),
    Binding("e", "mark('kube')", "Kube", tooltip=_KUBE, group=MARKS),
    Binding("p", "preflight", "Preflight", tooltip=_PREFLIGHT, group=MOVING_ON),
    Binding("g", "go", "Go", tooltip="Make a plan of the marks", group=MOVING_ON),
    # First of all keys, so that what is typed or pasted right behind it is text, not commands.
    Binding(
        "slash",
        "filter",
        "Filter",
        key_display="/",
        tooltip=_FILTER,
        group=LOOKING,
        priority=True,
    ),
    Binding("d", "details", "Details", tooltip=_DETAILS, group=LOOKING),
    Binding(
        "tab,shift+tab",
        "other_pane",
        "Host",
        key_display="tab",
        tooltip="Go to the other host",
        group=LOOKING,
    ),
    Binding("s", "sort", "Sort", tooltip="Sort by the next column", group=LOOKING),
    Binding("q", "app.quit", "Quit", group=MOVING_ON),
    Binding("question_mark", "help", "Help", key_display="?", group=MOVING_ON),
    Binding("A", "settle('accept')", _ACCEPT, show=False, group=SETTLING),
    Binding("z", "settle('rollback')", _ROLL_BACK, show=False, group=SETTLING),
    Binding("P", "probe", _PROBE, show=False, group=MARKS),
    Binding("V", "verify", _VERIFY, show=False, group=SETTLING),
    Binding("u", "unmark", "Unmark", show=False, group=MARKS),
    Binding("a", "mark_all", "Mark all that are shown", show=False, group=MARKS),
    Binding("b", "btrfs", _BTRFS, show=False, group=LOOKING),
    Binding("U", "unmark_all", "Unmark all that are shown", show=False, group=MARKS),
    Binding("v", "range", "Begin or end a range", show=False, group=MARKS),
    Binding(
        "ctrl+@",
        "mark_up_to",
        "Mark from the last mark to here",
        show=False,
        key_display="ctrl+space",
        group=MARKS,
    ),
    Binding("S", "reverse", "Reverse the order", show=False, group=LOOKING),
    Binding(
        "enter",
        "open",
        "Fold or unfold a pod, details of a container",
        show=False,
        key_display="enter",
        group=LOOKING,
    ),
    Binding("right,l", "fold(True)", "Unfold the pod", id="unfold", show=False, group=LOOKING),
    Binding("left,h", "fold(False)", "Fold the pod", id="fold", show=False, group=LOOKING),
    Binding(
        "asterisk",
        "fold_all",
        "Unfold or fold all pods",
        show=False,
        key_display="*",
        group=LOOKING,
    ),
    Binding("L", "archives", _ARCHIVES, show=False, group=LOOKING),
    Binding("C", "keep", _KEEP, show=False, group=MOVING_ON),
    Binding("y", "copy_name", "Copy the name", show=False, group=LOOKING),
    Binding("Y", "copy_id", "Copy the ID", show=False, group=LOOKING),
    Binding("H", "app.hosts", "Choose other hosts", show=False, group=MOVING_ON),
    Binding("R", "resume", _RESUME, show=False, group=MOVING_ON),
    Binding("r", "refresh", "Look again, or retry a host", show=False, group=LOOKING),
    Binding("escape", "back_out", "End the range, or clear the filter", show=False, group=LOOKING),
]

_TABLE: list[BindingType] = [
    Binding("up,k", "move(-1)", "Up or down a row", id="up", show=False, group=LOOKING),
    Binding("down,j", "move(1)", "Up or down a row", id="down", show=False, group=LOOKING),
    Binding("pageup", "page(-1)", "Up or down a page", id="page-up", show=False, group=LOOKING),
    Binding("pagedown", "page(1)", "Up or down a page", id="page-down", show=False, group=LOOKING),
    Binding("home", "first", "First or last row", show=False, group=LOOKING),
    Binding("end,G", "last", "First or last row", show=False, group=LOOKING),
    Binding(
        "shift+up", "extend(-1)", "Begin or extend a range", id="extend-up", show=False, group=MARKS
    ),
    Binding(
        "shift+down",
        "extend(1)",
        "Begin or extend a range",
        id="extend-down",
        show=False,
        group=MARKS,
    ),
]

SCREEN_KEYS = named("estate", _SCREEN)
TABLE_KEYS = named("estate", _TABLE)


def key(name: str) -> str:
    """The key of that action, as texts name it."""
    return shown(f"estate.{name}")
