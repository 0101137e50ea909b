"""The cells of dump, stream, restore and commit as they are struck on real hosts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.faults.matrix import Fault, Position, Step, Way

_SPOTS = {
    (Step.DUMP, Position.BEFORE): ("old", "podman", "container checkpoint", "before"),
    (Step.DUMP, Position.AFTER): ("old", "podman", "container checkpoint", "after"),
    (Step.STREAM, Position.BEFORE): ("new", "tee", "storage/podferry.", "amid"),
    (Step.STREAM, Position.AFTER): ("new", "tar", "-xpvif", "after"),
    (Step.RESTORE, Position.BEFORE): ("new", "podman", "container restore", "before"),
    (Step.RESTORE, Position.AFTER): ("new", "podman", "container restore", "after"),
    (Step.COMMIT, Position.BEFORE): (
        "new",
        "rm",
        "-rf -- /var/lib/containers/storage/podferry.",
        "before",
    ),
    (Step.COMMIT, Position.AFTER): (
        "new",
        "rm",
        "-rf -- /var/lib/containers/storage/podferry.",
        "after",
    ),
}
"""Which call on which host stops: host, program, words of its command line, and when."""
_EVERYWHERE = (
    Fault.KILLED,
    Fault.SOURCE_CUT,
    Fault.TARGET_CUT,
    Fault.SOURCE_CRASHES,
    Fault.TARGET_CRASHES,
    Fault.SECOND,
)
_MORE = {
    (Step.DUMP, Position.BEFORE): (Fault.FAILS,),
    (Step.DUMP, Position.AFTER): (Fault.FAILS, Fault.ANSWER_LOST),
    (Step.STREAM, Position.BEFORE): (Fault.TRUNCATED, Fault.FLIPPED, Fault.TARGET_FULL),
    (Step.STREAM, Position.AFTER): (Fault.FAILS, Fault.ANSWER_LOST),
    (Step.RESTORE, Position.BEFORE): (Fault.FAILS, Fault.PORT_TAKEN),
    (Step.RESTORE, Position.AFTER): (Fault.FAILS, Fault.ANSWER_LOST),
    (Step.COMMIT, Position.BEFORE): (Fault.FAILS,),
    (Step.COMMIT, Position.AFTER): (Fault.FAILS, Fault.ANSWER_LOST),
}
_HOW = {
    (Fault.FAILS, Position.BEFORE): "fails",
    (Fault.FAILS, Position.AFTER): "fails-after",
    (Fault.TRUNCATED, Position.BEFORE): "cut",
    (Fault.FLIPPED, Position.BEFORE): "flip",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One fault at one spot, and where the operator then has the item go."""

    step: Step
    fault: Fault
    position: Position
    way: Way

    def __str__(self) -> str:
        words = (self.step, self.fault, self.position.split()[0], self.way)
        return "-".join(word.replace(" ", "_") for word in words)

    @property
    def spot(self) -> tuple[str, str, str, str]:
        """Host, program, words, and how it stops."""
        host, program, words, how = _SPOTS[self.step, self.position]
        return host, program, words, _HOW.get((self.fault, self.position), how)


def cells(*, both_ways: bool = False) -> Iterator[Cell]:
    """All of them; each way for half of them unless both are wanted."""
    number = 0
    for step, position in _SPOTS:
        for fault in (*_EVERYWHERE, *_MORE[step, position]):
            number += 1
            for way in Way if both_ways else (list(Way)[number % 2],):
                yield Cell(step, fault, position, way)
