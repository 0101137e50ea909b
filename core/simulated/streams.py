"""The two kinds of byte streams that a simulated engine hands out."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass

from core.errors import CommandFailed, HostUnreachable
from core.podman.streams import Receipt
from core.simulated.faults import Call, Faults, run_hook
from core.simulated.host import Refusal
from core.simulated.pipes import Drainer, Feeder, Members
from core.simulated.wire import Died, Severed, Unplugged


@dataclass(frozen=True, slots=True)
class Session:
    """What a stream needs of the engine that made it."""

    host: str
    what: str
    """The command, for messages."""
    faults: Faults
    loses_answer: bool
    record: Callable[[int | None, str], None]
    """Takes exit code and stderr."""
    call: Call
    """The verb that opened it."""

    def unreachable(self) -> HostUnreachable:
        """The connection went away."""
        self.record(255, "connection closed")
        return HostUnreachable("the connection was lost", host=self.host)

    def failed(self, text: str) -> CommandFailed:
        """The command ended with an error."""
        self.record(125, text)
        return CommandFailed(f"{self.what} failed", host=self.host, detail=text)

    async def ended(self, receipt: Receipt) -> Receipt:
        """The command ended well, and what it told is the answer, if it gets here."""
        await run_hook(self.faults.after, self.call)
        if self.loses_answer:
            self.faults.cut()
        if self.faults.is_cut:
            raise self.unreachable()
        self.record(0, "")
        return receipt


class SimulatedOutgoing:
    """Outgoing, fed by a thread; `on_broken` is called when the reader went away too early."""

    def __init__(
        self,
        session: Session,
        feeder: Feeder,
        *,
        on_broken: Callable[[], None] = lambda: None,
    ) -> None:
        self._session = session
        self._feeder = feeder
        self._on_broken = on_broken
        self._over = False
        session.faults.on_cut.add(feeder.sever)

    @property
    def fd(self) -> int:
        """See Outgoing."""
        return self._feeder.fd

    async def finish(self) -> Receipt:
        """See Outgoing."""
        self._feeder.close()
        await self._feeder.wait()
        self._end()
        match self._feeder.ended_by:
            case Unplugged():
                raise self._session.unreachable()
            case None:
                return await self._session.ended(Receipt(self._feeder.sha256))
            case Severed():
                self._session.faults.cut()
                raise self._session.unreachable()
            case BrokenPipeError():
                raise self._session.failed("")
            case error:
                raise self._session.failed(str(error))

    async def abort(self) -> None:
        """See Outgoing."""
        if self._over:
            return
        await self._feeder.cut()
        if not self._over:
            self._end()
            self._session.record(None, "")

    def orphan(self) -> None:
        """Podferry was killed: the command ends as its host lets it end."""
        if not self._over:
            self._feeder.sever()
            self._feeder.orphan()
            self._end()

    def _end(self) -> None:
        if self._over:
            return
        self._over = True
        self._session.faults.on_cut.discard(self._feeder.sever)
        self._feeder.close()
        if not self._feeder.complete and not isinstance(self._feeder.ended_by, Died):
            self._on_broken()


class SimulatedIncoming:
    """Incoming, drained by a thread; what arrived takes effect in `finish`."""

    def __init__(
        self,
        session: Session,
        drainer: Drainer,
        take: Callable[[Members, str], str],
        on_end: Callable[[], None],
    ) -> None:
        self._session = session
        self._drainer = drainer
        self._take = take
        self._on_end = on_end
        self._over = False
        session.faults.on_cut.add(drainer.sever)

    @property
    def fd(self) -> int:
        """See Incoming."""
        return self._drainer.fd

    async def finish(self) -> Receipt:
        """See Incoming."""
        self._drainer.close()
        await self._drainer.wait()
        self._end()
        match self._drainer.ended_by:
            case Unplugged():
                raise self._session.unreachable()
            case None:
                return await self._session.ended(self._taken())
            case Severed():
                self._session.faults.cut()
                raise self._session.unreachable()
            case error:
                raise self._session.failed(str(error))

    def _taken(self) -> Receipt:
        try:
            value = self._take(self._drainer.members, self._drainer.broken)
        except Refusal as refusal:
            raise self._session.failed(str(refusal)) from refusal
        return Receipt(self._drainer.sha256, value=value)

    async def abort(self) -> None:
        """See Incoming."""
        if self._over:
            return
        await self._drainer.cut()
        if not self._over:
            self._end()
            self._session.record(None, "")

    def orphan(self) -> None:
        """Podferry was killed: what has arrived whole takes effect all the same."""
        if self._over:
            return
        self._drainer.orphan()
        self._end()
        if self._drainer.complete:
            with contextlib.suppress(Refusal):
                self._take(self._drainer.members, self._drainer.broken)

    def _end(self) -> None:
        self._over = True
        self._on_end()
        self._session.faults.on_cut.discard(self._drainer.sever)
        self._drainer.close()
