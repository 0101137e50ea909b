"""The matrix: steps by faults by positions, and why some cells cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from core.podman.model import Kind, Route


class Step(StrEnum):
    """What a move does, in the order in which it does it."""

    PREFLIGHT = "preflight"
    LOCK = "lock"
    IMAGE = "image stage"
    FIRST_PASS = "volume first pass"
    DISARM = "disarm"
    PRE_DUMP = "pre-dump"
    DUMP = "dump"
    """By kube: stop."""
    STREAM = "stream"
    LAST_PASS = "last volume pass"
    RESTORE = "restore"
    """By kube: play."""
    PROBE = "probe"
    COMMIT = "commit"
    ACCEPT = "accept"
    ROLLBACK = "rollback"


class Fault(StrEnum):
    """What goes wrong."""

    KILLED = "Podferry killed"
    SOURCE_CUT = "source cut off"
    TARGET_CUT = "target cut off"
    HANGS = "peer hangs"
    SOURCE_FULL = "source full"
    TARGET_FULL = "target full"
    TRUNCATED = "stream truncated"
    FLIPPED = "bit flipped"
    FAILS = "Podman or CRIU fails"
    SOURCE_CRASHES = "source crashes"
    TARGET_CRASHES = "target crashes"
    ANSWER_LOST = "answer lost"
    STARTED = "source started by somebody"
    SECOND = "second Podferry"
    PORT_TAKEN = "port taken"


class Position(StrEnum):
    """When it goes wrong."""

    BEFORE = "before the effect"
    """In a stream: amid its bytes."""
    AFTER = "after the effect"
    RECORDED = "after the record"


class Way(StrEnum):
    """Where the operator then has the item go."""

    FORWARD = "forward"
    BACK = "back"


@dataclass(frozen=True, slots=True)
class Case:
    """One fault in one step of one move, and how it is settled."""

    step: Step
    fault: Fault
    position: Position
    kind: Kind
    route: Route
    way: Way

    def __str__(self) -> str:
        words = (self.step, self.fault, self.position.split()[-1], self.kind, self.route, self.way)
        when = "before" if self.position is Position.BEFORE else words[2]
        return "-".join(w.replace(" ", "_") for w in (*words[:2], when, *words[3:]))


STREAMS = (Step.IMAGE, Step.FIRST_PASS, Step.STREAM, Step.LAST_PASS)
"""Steps in which bytes flow from host to host."""
_ANY_TIME = (
    Fault.KILLED,
    Fault.SOURCE_CUT,
    Fault.TARGET_CUT,
    Fault.SOURCE_CRASHES,
    Fault.TARGET_CRASHES,
)
_ENDS = (Step.ACCEPT, Step.ROLLBACK)
_ORDER = list(Step)


def why_not(step: Step, fault: Fault, position: Position, route: Route) -> str:
    """Why there is no such case; empty if there is."""
    return (
        _no_such_step(step, route)
        or _no_such_record(step, position, route)
        or _no_such_fault(step, fault, position, route)
    )


def _no_such_step(step: Step, route: Route) -> str:
    if step is Step.PRE_DUMP:
        return "Podferry makes no pre-dump"
    if step is Step.STREAM and route is Route.KUBE:
        return "by kube no memory flows"
    return ""


def _no_such_record(step: Step, position: Position, route: Route) -> str:
    if position is Position.RECORDED:
        if step is Step.PREFLIGHT:
            return "a journal begins with the run, after preflight"
        if step is Step.LOCK:
            return "a lock ends with its connection, and needs no record"
        if step is Step.DUMP and route is Route.CHECKPOINT:
            return "a dump and its stream have one record"
    elif step is Step.COMMIT and route is Route.KUBE:
        return "by kube the record is all that there is to commit"
    return ""


def _no_such_fault(step: Step, fault: Fault, position: Position, route: Route) -> str:
    if fault in _ANY_TIME:
        return ""
    if fault is Fault.ANSWER_LOST:
        return "" if position is Position.AFTER else "an answer comes after the effect"
    if fault is Fault.STARTED:
        return _not_startable(step, position, route)
    if fault is Fault.SECOND:
        return ""
    if position is Position.RECORDED:
        return "what fails after the record is the next step"
    if fault in (Fault.HANGS, Fault.FAILS):
        return ""
    if position is Position.AFTER:
        return "it prevents the effect, so it cannot come after it"
    if fault in (Fault.TRUNCATED, Fault.FLIPPED):
        return "" if step in STREAMS else "no bytes flow"
    if fault is Fault.PORT_TAKEN:
        return _not_taken(step)
    return _not_full(step, fault, route)


def _not_startable(step: Step, position: Position, route: Route) -> str:
    down_since = Step.DUMP if route is Route.KUBE else Step.STREAM
    begun = step is down_since and position is not Position.BEFORE
    if step is Step.RESTORE and position is Position.BEFORE:
        return "nobody can be kept from it between the last look and the restore"
    if begun or _ORDER.index(step) > _ORDER.index(down_since):
        gone = step is Step.ACCEPT and position is not Position.BEFORE
        back = step is Step.ROLLBACK and position is Position.RECORDED
        if gone:
            return "accept has removed it"
        return "the source runs it already" if back else ""
    return "the source runs it already"


def _not_taken(step: Step) -> str:
    if step in (Step.PROBE, Step.COMMIT, Step.ACCEPT):
        return "the item itself has the port by then"
    return ""


def _not_full(step: Step, fault: Fault, route: Route) -> str:
    if fault is Fault.SOURCE_FULL:
        writes = step is Step.ROLLBACK or (
            step in (Step.DUMP, Step.STREAM) and route is not Route.KUBE
        )
        return "" if writes else "nothing is written on the source"
    writes = step in (*STREAMS, Step.RESTORE)
    return "" if writes else "nothing is written on the target"


def cases() -> Iterator[Case]:
    """All cases, of both kinds by both routes, settled both ways."""
    for step in Step:
        for fault in Fault:
            for position in Position:
                for route in Route:
                    if why_not(step, fault, position, route):
                        continue
                    for kind in Kind:
                        for way in Way:
                            yield Case(step, fault, position, kind, route, way)
