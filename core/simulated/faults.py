"""Faults as data: what goes wrong, at which call of which verb."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

IN_FLIGHT = (
    "Error: CRIU checkpointing failed -52: Please check CRIU logfile "
    "/var/lib/containers/storage/overlay-containers/userdata/dump.log: "
    "Error (criu/sk-inet.c:191): inet: In-flight connection (l) for 1a03"
)
"""What a busy server's dump fails with; trying again succeeds."""


@dataclass(frozen=True, slots=True)
class Fail:
    """The command fails, without effect; a stream ends after so many bytes."""

    text: str = "Error: it did not work"
    after_bytes: int = 0


@dataclass(frozen=True, slots=True)
class NoSpace:
    """The host's disk is full after so many bytes."""

    after_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Cut:
    """The host cannot be reached any more, until healed; a stream flows so far."""

    after_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Hang:
    """Nothing happens until the caller gives up; a stream flows so far."""

    after_bytes: int = 0
    reached: Callable[[], None] | None = None
    """Called when a stream gets there, from the stream's thread."""


@dataclass(frozen=True, slots=True)
class Truncate:
    """Only so many bytes of the stream arrive, and nobody says so."""

    after_bytes: int


@dataclass(frozen=True, slots=True)
class Flip:
    """One bit of the stream changes on its way."""

    at_byte: int


@dataclass(frozen=True, slots=True)
class LoseAnswer:
    """The command takes effect, but the host is gone before it can say so, until healed."""


Action = Fail | NoSpace | Cut | Hang | Truncate | Flip | LoseAnswer


@dataclass(frozen=True, slots=True)
class Fault:
    """An action at the nth matching call."""

    verb: str
    """Name of an Engine method."""
    action: Action
    nth: int = 1
    """Counted over matching calls since the fault was added. 0: every one."""
    subject: str = ""
    """Only for this name or ID; empty for any."""


@dataclass(frozen=True, slots=True)
class Call:
    """A verb that was called, and on what."""

    verb: str
    subject: str


Hook = Callable[[Call], Awaitable[None] | None]


class Faults:
    """The script of what goes wrong between Podferry and one host, and a record of all calls."""

    def __init__(
        self, *faults: Fault, before: Hook | None = None, after: Hook | None = None
    ) -> None:
        self.calls: list[Call] = []
        self.before = before
        self.after = after
        self.is_cut = False
        self.on_cut: set[Callable[[], None]] = set()
        """Called when connections break."""
        self._armed: list[tuple[Fault, list[Call]]] = []
        self.add(*faults)

    def add(self, *faults: Fault) -> None:
        """Arm more faults; they count calls from now on."""
        self._armed += [(fault, []) for fault in faults]

    def clear(self) -> None:
        """Disarm all faults, and heal."""
        self._armed.clear()
        self.heal()

    def cut(self) -> None:
        """Make the host unreachable: streams break, and calls fail until healed and connected."""
        self.is_cut = True
        self.break_off()

    def break_off(self) -> None:
        """Break the connections that there are; new ones can be made unless the host is cut off."""
        for tell in tuple(self.on_cut):
            tell()

    def heal(self) -> None:
        """Make the host reachable again."""
        self.is_cut = False

    def take(self, call: Call) -> Action | None:
        """Count a call; the action that strikes it, if any."""
        struck: Action | None = None
        for fault, seen in self._armed:
            if fault.verb != call.verb or fault.subject not in ("", call.subject):
                continue
            seen.append(call)
            if struck is None and fault.nth in (0, len(seen)):
                struck = fault.action
        return struck


async def run_hook(hook: Hook | None, call: Call) -> None:
    """Run a test's hook, which may be a plain function or a coroutine."""
    result = hook(call) if hook else None
    if inspect.isawaitable(result):
        await result
