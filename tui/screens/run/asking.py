"""Questions that the run's screen asks in its message line, answered by the same key again."""

from __future__ import annotations

from core.migrate.events import Cancel
from tui.screens.run.keys import key
from tui.screens.run.state import RunState
from tui.widgets.units import plural


def ask_one(state: RunState, name: str) -> str | None:
    """What pressing its key again will do. None: there is nothing to cancel."""
    item = state.find(name)
    if item is None or item.result is not None or item.cancelling:
        return None
    if item.active:
        return (
            f"press {key('cancel')} again to cancel {name}: it goes back to {state.source}, running"
        )
    return f"press {key('cancel')} again to cancel {name}: it stays on {state.source}, untouched"


def ask_all(state: RunState) -> str | None:
    """What pressing its key again will do. None: there is nothing to cancel."""
    active = sum(not i.cancelling for i in state.active)
    open_ = sum(i.result is None and not i.cancelling for i in state.items)
    if not open_:
        return None
    back = f"{plural(active, 'item')} back to {state.source}, running" if active else ""
    rest = f"{open_ - active} not begun" if open_ > active else ""
    return (
        f"press {key('cancel-all')} again to cancel all: {', '.join(p for p in (back, rest) if p)}"
    )


def why_not(state: RunState, name: str) -> str:
    """Why there is nothing to cancel."""
    item = state.find(name)
    if item is not None and item.cancelling and item.result is None:
        return f"{name} is being cancelled"
    return f"nothing to cancel: {name} has ended" if item is not None else "nothing to cancel"


def telling(state: RunState, command: Cancel) -> str:
    """What has been asked of the runner."""
    what = command.item or "all that has not moved"
    return f"cancelling {what}: back to {state.source}"
