"""What all verbs of a simulated engine go through: delays, faults, hooks and the command log."""

from __future__ import annotations

import asyncio
import time
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

from core.errors import CommandFailed, HostUnreachable, PodferryError
from core.podman.model import HostInfo
from core.podman.outcomes import CommandRecord
from core.simulated.faults import (
    Action,
    Call,
    Cut,
    Fail,
    Faults,
    Hang,
    LoseAnswer,
    NoSpace,
    run_hook,
)
from core.simulated.host import Refusal, SimulatedHost
from core.simulated.pace import INSTANT, Pace
from core.simulated.pipes import Drainer, Feeder, Members
from core.simulated.streams import Session, SimulatedIncoming, SimulatedOutgoing
from core.simulated.wire import NO_SPACE, Wire

Argv = tuple[str, ...]


class Base:
    """One connection to a simulated host."""

    def __init__(
        self, world: SimulatedHost, *, faults: Faults | None = None, pace: Pace = INSTANT
    ) -> None:
        self.on_command: Callable[[CommandRecord], None] | None = None
        self.world = world
        self.faults = faults or Faults()
        self.pace = pace
        self._known = False
        self._linked = False
        self._streams: weakref.WeakSet[SimulatedIncoming | SimulatedOutgoing] = weakref.WeakSet()
        self._call = Call("", "")
        """The one that began last."""
        self.faults.on_cut.add(self._unlink)
        world.on_crash.add(self.faults.break_off)

    def _unlink(self) -> None:
        self._linked = False

    def hang_up(self) -> None:
        """Let go of the host as a Podferry does that was killed: the host goes on by itself."""
        for stream in tuple(self._streams):
            stream.orphan()
        self.faults.break_off()

    @property
    def label(self) -> str:
        """See Engine."""
        return self.world.label

    @property
    def info(self) -> HostInfo:
        """See Engine."""
        if not self._known:
            raise HostUnreachable("not connected", host=self.label)
        return self.world.info

    async def _enter(self, verb: str, subject: str) -> Action | None:
        """Begin a call: it is counted, takes its time, and may be struck by a fault."""
        call = Call(verb, subject)
        self.faults.calls.append(call)
        await run_hook(self.faults.before, call)
        self._require_link(connecting=verb == "connect")
        action = self.faults.take(call)
        if delay_s := self.pace.delays_s.get(verb, 0.0):
            await asyncio.sleep(delay_s)
            self._require_link(connecting=verb == "connect")
        self._call = call
        return action

    def _require_link(self, *, connecting: bool) -> None:
        silent = self.faults.is_cut or not self.world.up
        if silent or not (self._linked or connecting):
            raise HostUnreachable(
                "no answer" if silent else "not connected",
                host=self.label,
                todo="Press r to reconnect, or run the command again.",
            )

    @asynccontextmanager
    async def _verb(self, verb: str, subject: str = "", argv: Argv = ()) -> AsyncIterator[None]:
        """A call without a stream; with an argv, it appears in the command log."""
        started_s, began = time.time(), time.monotonic()

        def record(exit_code: int | None, stderr: str) -> None:
            if argv and self.on_command:
                seconds = time.monotonic() - began
                self.on_command(
                    CommandRecord(self.label, argv, started_s, seconds, exit_code, stderr)
                )

        action: Action | None = None
        try:
            with self._told(subject, argv or (verb,)):
                action = await self._enter(verb, subject)
                await self._suffer(action)
                yield
                await run_hook(self.faults.after, Call(verb, subject))
        except CommandFailed as failure:
            record(125, failure.detail)
            raise
        except PodferryError:
            record(255, "connection closed")
            raise
        except asyncio.CancelledError:
            record(None, "")
            raise
        if isinstance(action, LoseAnswer):
            self.faults.cut()
        if self.faults.is_cut or not self.world.up:
            record(255, "connection closed")
            raise HostUnreachable("the connection was lost", host=self.label)
        record(0, "")

    @contextmanager
    def _told(self, subject: str, argv: Argv) -> Iterator[None]:
        """Tell Podman's refusals as failed commands."""
        try:
            yield
        except Refusal as refusal:
            raise CommandFailed(
                f"`{' '.join(argv[:3])}` failed",
                host=self.label,
                item=subject,
                detail=str(refusal),
            ) from refusal

    async def _suffer(self, action: Action | None) -> None:
        match action:
            case None | LoseAnswer():
                return
            case Fail(text=text):
                raise Refusal(text)
            case NoSpace():
                raise Refusal(f"Error: {NO_SPACE}")
            case Cut():
                self.faults.cut()
                raise HostUnreachable("the connection was lost", host=self.label)
            case Hang():
                await asyncio.Event().wait()
            case _:
                raise ValueError(f"{action} can only strike a stream")

    def _session(self, argv: Argv, action: Action | None) -> Session:
        started_s, began = time.time(), time.monotonic()

        def record(exit_code: int | None, stderr: str) -> None:
            if self.on_command:
                seconds = time.monotonic() - began
                self.on_command(
                    CommandRecord(self.label, argv, started_s, seconds, exit_code, stderr)
                )

        what = f"`{' '.join(argv[:3])}`"
        loses_answer = isinstance(action, LoseAnswer)
        return Session(self.label, what, self.faults, loses_answer, record, self._call)

    def _send(
        self,
        argv: Argv,
        action: Action | None,
        chunks: Iterator[bytes],
        *,
        on_broken: Callable[[], None] = lambda: None,
    ) -> SimulatedOutgoing:
        feeder = Feeder(chunks, Wire(action), self.pace.rate_bytes_s)
        session = self._session(argv, action)
        outgoing = SimulatedOutgoing(session, feeder, on_broken=on_broken)
        self._streams.add(outgoing)
        return outgoing

    def _take(
        self,
        argv: Argv,
        action: Action | None,
        take: Callable[[Members, str], str],
        *,
        sealed: bool,
        on_end: Callable[[], None] = lambda: None,
    ) -> SimulatedIncoming:
        session = self._session(argv, action)
        drainer = Drainer(Wire(action), sealed=sealed)
        incoming = SimulatedIncoming(session, drainer, take, on_end)
        self._streams.add(incoming)
        return incoming
