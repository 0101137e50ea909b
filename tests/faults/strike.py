"""Has the fault of a case happen: at which call, on which host, and what it does there."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core.errors import CommandFailed, DeadlineExceeded, HostUnreachable
from core.journal.journal import Journal
from core.podman.model import Kind, Route
from core.simulated import SimulatedEngine, lifecycle
from core.simulated.faults import Call, Flip, Hang, NoSpace, Truncate
from core.simulated.faults import Fault as Scripted
from tests.faults.client import Client
from tests.faults.life import Life
from tests.faults.matrix import STREAMS, Case, Fault, Position, Step
from tests.faults.scene import PORT

AMID = 20_000
"""Byte at which a stream is struck."""


class Point:
    """The call that is a step's effect."""

    def __init__(self, side: str, verb: str, after: str = "") -> None:
        self.side = side
        self.verb = verb
        self.after = after
        """Only behind this verb."""


def effect(case: Case) -> Point | None:
    """The call that the step stands for; None: it only writes to the journal."""
    by_kube = case.route is Route.KUBE
    restore = "play_kube" if by_kube else "restore"
    return {
        Step.PREFLIGHT: Point("new", "inventory"),
        Step.LOCK: Point("old", "claim"),
        Step.IMAGE: Point("new", "load_image"),
        Step.DISARM: Point("old", "set_restart_policy"),
        Step.DUMP: Point("old", "stop" if by_kube else "checkpoint"),
        Step.STREAM: Point("new", "receive_checkpoint"),
        Step.FIRST_PASS: Point("new", "take_first_pass"),
        Step.LAST_PASS: Point("new", "take_last_pass"),
        Step.RESTORE: Point("new", restore),
        Step.PROBE: Point("new", "inspect", after=restore),
        Step.COMMIT: None if by_kube else Point("new", "discard", after=restore),
        Step.ACCEPT: Point("old", "remove"),
        Step.ROLLBACK: Point("new", "remove"),
    }[case.step]


TITLES = {
    Step.IMAGE: "stage image",
    Step.DISARM: "disarm",
    Step.STREAM: "dump",
    Step.FIRST_PASS: "first pass of volume",
    Step.LAST_PASS: "copy volume",
    Step.PROBE: "probe",
}
"""How the journal calls steps."""
_OUTGOING = {
    "receive_checkpoint": "checkpoint",
    "take_first_pass": "first_pass",
    "take_last_pass": "last_pass",
    "load_image": "save_image",
}


def nth(case: Case) -> int:
    """In a pod, the second container: the first has come through by then."""
    twice = case.kind is Kind.POD and case.step in (Step.DUMP, Step.STREAM, Step.RESTORE)
    return 2 if twice and case.route is Route.CHECKPOINT else 1


class Striker:
    """Arms one life with the fault of a case."""

    def __init__(self, case: Case, life: Life, client: Client, elsewhere: Path) -> None:
        self.case = case
        self.life = life
        self.client = client
        self.struck = False
        self.second: list[str] = []
        """What a second Podferry ended with."""
        self._elsewhere = elsewhere
        self._seen: dict[tuple[str, str], list[str]] = {}
        self._point = effect(case)
        self._count = 0

    @contextmanager
    def armed(self) -> Iterator[None]:
        """Watch all calls, and strike one."""
        for side in ("old", "new"):
            faults = self.life.engine(side).faults
            faults.before = self._hook(side, Position.BEFORE)
            faults.after = self._hook(side, Position.AFTER)
        script = self._script()
        if script:
            side, fault = script
            self.life.engine(side).faults.add(fault)
        with tapped(self._journalled):
            yield
        self.struck |= bool(script)

    def _script(self) -> tuple[str, Scripted] | None:
        """Faults of bytes, which the simulated host knows by itself."""
        case, point = self.case, self._point
        if point is None or case.position is not Position.BEFORE:
            return None
        verb = point.verb
        match case.fault:
            case Fault.TRUNCATED:
                return "old", Scripted(_OUTGOING[verb], Truncate(AMID), nth(case))
            case Fault.FLIPPED:
                return "new", Scripted(verb, Flip(AMID), nth(case))
            case Fault.SOURCE_FULL:
                sender = {**_OUTGOING, "remove": "restore_in_place"}.get(verb, verb)
                if case.step is Step.ROLLBACK and case.route is Route.KUBE:
                    sender = "start"
                amid = AMID if case.step is Step.STREAM else 0
                return "old", Scripted(sender, NoSpace(amid), 0 if nth(case) == 1 else 2)
            case Fault.TARGET_FULL:
                amid = AMID if case.step in STREAMS else 0
                return "new", Scripted(verb, NoSpace(amid), nth(case))
            case _ if self._amid_bytes:
                reached = self._reached
                if case.fault is Fault.HANGS:
                    return "new", Scripted(verb, Hang(AMID), nth(case))
                return "old", Scripted(_OUTGOING[verb], Hang(AMID, reached), nth(case))
        return None

    @property
    def _amid_bytes(self) -> bool:
        violent = (
            Fault.KILLED,
            Fault.SOURCE_CUT,
            Fault.TARGET_CUT,
            Fault.SOURCE_CRASHES,
            Fault.TARGET_CRASHES,
            Fault.HANGS,
        )
        before = self.case.position is Position.BEFORE
        return before and self.case.step in STREAMS and self.case.fault in violent

    def _reached(self) -> None:
        loop = self.life.loop
        assert loop
        loop.call_soon_threadsafe(lambda: asyncio.ensure_future(self._strike(None)))

    def _hook(self, side: str, position: Position) -> Callable[[Call], Awaitable[None]]:
        async def hook(call: Call) -> None:
            self.client.ask(f"{position.split()[0]} {call.verb} on {side}")
            if await self._is_here(side, position, call):
                self.struck = True
                await self._strike(side)

        return hook

    async def _is_here(self, side: str, position: Position, call: Call) -> bool:
        point, case = self._point, self.case
        if point is None or (side, call.verb) != (point.side, point.verb):
            return False
        if case.position is not position or self.struck or self._scripted:
            return False
        calls = [c.verb for c in self.life.engine(side).faults.calls]
        if point.after and point.after not in calls:
            return False
        self._count += 1
        return self._count == nth(case)

    @property
    def _scripted(self) -> bool:
        bytes_only = (Fault.TRUNCATED, Fault.FLIPPED, Fault.SOURCE_FULL, Fault.TARGET_FULL)
        return self._amid_bytes or self.case.fault in bytes_only

    async def _journalled(self, what: str) -> None:
        """A record was written: the outcome of a step, or of an item."""
        case = self.case
        wanted = TITLES.get(case.step, "")
        if case.step is Step.DUMP:
            wanted = "stop"
        elif case.step is Step.RESTORE:
            wanted = "play" if case.route is Route.KUBE else "restore"
        elif case.step is Step.COMMIT:
            wanted = "item ended"
        elif case.step in (Step.ACCEPT, Step.ROLLBACK):
            wanted = "item settled"
        if case.position is Position.RECORDED and not self.struck and what.startswith(wanted):
            self._count += 1
            if self._count == nth(case):
                self.struck = True
                await self._strike(None)

    # What happens.

    async def _strike(self, side: str | None) -> None:
        """Do it; a call that it strikes on `side` ends as the fault has it."""
        self.struck = True
        life, case = self.life, self.case
        label = life.engine(side).label if side else ""
        match case.fault:
            case Fault.KILLED:
                life.kill()
            case Fault.SOURCE_CUT | Fault.TARGET_CUT | Fault.ANSWER_LOST:
                cut_off = {Fault.SOURCE_CUT: "old", Fault.TARGET_CUT: "new"}
                life.engine(cut_off.get(case.fault, side or "new")).faults.cut()
            case Fault.SOURCE_CRASHES | Fault.TARGET_CRASHES:
                self._crash(side)
            case Fault.HANGS:
                raise DeadlineExceeded("no answer in time", host=label)
            case Fault.FAILS:
                raise CommandFailed("it did not work", host=label, detail="Error: it did not work")
            case Fault.STARTED:
                self._start()
            case Fault.PORT_TAKEN:
                host = life.scene.old if case.step is Step.ROLLBACK else life.scene.new
                host.other_listeners.add(("tcp", PORT))
            case Fault.SECOND:
                await self._second()

    def _crash(self, side: str | None) -> None:
        world = (
            self.life.scene.old if self.case.fault is Fault.SOURCE_CRASHES else self.life.scene.new
        )
        if any(world in self.client.runs_on(name) for name in self.life.scene.names):
            self.client.forgive_loss()
        lifecycle.crash(world)
        if side and self.life.engine(side).world is world:
            raise HostUnreachable("the connection was lost", host=world.label)

    def _start(self) -> None:
        """Somebody starts what is stopped on the source."""
        scene = self.life.scene
        self.client.forgive_loss()
        self.client.forgive_overlap()
        kind = Kind.POD if scene.kind is Kind.POD else Kind.CONTAINER
        lifecycle.act(scene.old, kind, "start", scene.item)

    async def _second(self) -> None:
        from tests.faults.operator import accept, move, quietly, rollback

        scene = self.life.scene
        old, new = SimulatedEngine(scene.old), SimulatedEngine(scene.new)
        ours = os.environ["XDG_STATE_HOME"]
        os.environ["XDG_STATE_HOME"] = str(self._elsewhere)
        try:
            await old.connect()
            await new.connect()
            if self.case.step in (Step.ACCEPT, Step.ROLLBACK):
                os.environ["XDG_STATE_HOME"] = ours
                deed = accept() if self.case.step is Step.ACCEPT else rollback()
                self.second.append(await quietly(deed)(old, new))
            else:
                self.second.append(await quietly(move(scene))(old, new))
        finally:
            os.environ["XDG_STATE_HOME"] = ours


@contextmanager
def tapped(heard: Callable[[str], Awaitable[None]]) -> Iterator[None]:
    """Hear of each record that is in the journal now: a step's title, or how an item ended."""
    titles: dict[int, str] = {}
    intend, settle = Journal.intend, Journal.settle
    end_item, settle_item = Journal.end_item, Journal.settle_item

    async def tapped_intend(self: Journal, item: str, step: str) -> int:
        seq = await intend(self, item, step)
        titles[seq] = step
        return seq

    async def tapped_settle(self: Journal, seq: int, *rest: Any) -> None:
        await settle(self, seq, *rest)
        await heard(titles.get(seq, ""))

    async def tapped_end(self: Journal, *rest: Any) -> None:
        await end_item(self, *rest)
        await heard("item ended")

    async def tapped_item(self: Journal, *rest: Any) -> None:
        await settle_item(self, *rest)
        await heard("item settled")

    replaced: dict[str, Any] = {
        "intend": tapped_intend,
        "settle": tapped_settle,
        "end_item": tapped_end,
        "settle_item": tapped_item,
    }
    originals = {name: getattr(Journal, name) for name in replaced}
    for name, function in replaced.items():
        setattr(Journal, name, function)
    try:
        yield
    finally:
        for name, function in originals.items():
            setattr(Journal, name, function)
