"""Reaching a host's Podman: the connection, and running commands on it."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import Awaitable, Callable, Sequence

from core.errors import (
    CommandFailed,
    DeadlineExceeded,
    HostUnfit,
    HostUnreachable,
    NoSuchItem,
    PodferryError,
)
from core.hosts.process import ByteProcess, Completed, Direction
from core.hosts.transport import Transport
from core.podman.model import HostInfo, Inspection, Thing
from core.podman.outcomes import CommandRecord
from core.podman.real import probes, scripts
from core.podman.real.claiming import Holder
from core.podman.real.gate import PodGate
from core.podman.real.observer import Observer
from core.podman.real.streams import HostStream
from core.podman.real.survey import Login, Survey, read_login, read_survey
from core.podman.real.words import last_words
from core.podman.streams import Receipt

LOOK_S = 30
"""Deadline for a command that only looks."""
ACT_S = 120
"""Deadline for a command that changes one thing."""
_LOOKS_AT_ONCE = 4
"""Commands that only look, at one time: sshd takes ten sessions on a connection, and a run's claims
and commands have theirs."""
BULK_S = 24 * 3600
"""Deadline for a stream: the pump's own watch on progress ends a dead one sooner."""


class Base:
    """What all parts of the real engine stand on."""

    def __init__(
        self, transport: Transport, *, socket: str = "", known: Survey | None = None
    ) -> None:
        self.on_command: Callable[[CommandRecord], None] | None = None
        self.transport = transport
        self._socket = socket
        self._connecting = asyncio.Lock()
        self._gate = PodGate()
        self._looks = asyncio.Semaphore(_LOOKS_AT_ONCE)
        self._tails: dict[str, asyncio.Task[Completed]] = {}
        """Container ID to the end of its last dump, beyond the stream."""
        self._survey: Survey | None = None
        self._known = known
        """What another engine knew of the host, which need not be asked anew."""
        self._observer: Observer | None = None
        self._service: ByteProcess | None = None
        self._holders: dict[str, Holder] = {}
        """Run to what holds its claims."""
        self._holding = asyncio.Lock()
        self._sizes: dict[str, int] = {}
        self._sizes_taken = 0.0

    @property
    def label(self) -> str:
        """See Engine."""
        return self.transport.label

    @property
    def info(self) -> HostInfo:
        """See Engine."""
        return self._facts.info

    @property
    def survey(self) -> Survey | None:
        """What is known of the host, for another engine of it; None: it is not connected yet."""
        return self._survey

    # Connection.

    async def connect(self) -> HostInfo:
        """See Engine; does nothing while the connection is good, which others may be using."""
        async with self._connecting:
            if self._survey and await self._answers():
                return self._survey.info
            return await self._connect()

    async def _answers(self) -> bool:
        if self._observer is None or not await self.transport.alive():
            return False
        try:
            async with asyncio.timeout(10):
                return await self._observer.answers()
        except (PodferryError, TimeoutError):
            return False

    async def _connect(self) -> HostInfo:
        await self._let_go()
        await self.transport.open()
        survey, listens = await asyncio.gather(
            self._found_out(), self._observe(), return_exceptions=True
        )
        # What the survey says of a host explains why no service could be had there.
        if isinstance(survey, BaseException):
            raise survey
        if isinstance(listens, BaseException):
            raise listens
        self._survey = with_service(survey, listens)
        return self._survey.info

    async def _found_out(self) -> Survey:
        known, self._known = self._known, None
        if known:
            argv = ("sh", "-c", probes.IDENTITY, "podferry", known.info.graph_root)
            told = await self.transport.run(self._privileged(argv, known), deadline_s=LOOK_S)
            if "/".join(told.stdout.decode(errors="replace").split()) == known.info.machine_id:
                return known
        return await self._surveyed()

    async def _surveyed(self) -> Survey:
        found = await self.transport.run(("sh", "-c", probes.SURVEY), deadline_s=LOOK_S)
        if found.exit_code is None:
            raise HostUnreachable(f"no answer within {LOOK_S} s", host=self.label)
        survey = read_survey(self.label, found.stdout.decode(errors="replace"))
        storage = await self.transport.run(
            self._privileged(
                ("sh", "-c", probes.STORAGE, "podferry", survey.info.graph_root), survey
            ),
            deadline_s=LOOK_S,
        )
        lines = (*storage.stdout.decode().split("\n"), "", "", "")
        kind, copied, identity, store_id = lines[:4]
        info = dataclasses.replace(
            survey.info,
            machine_id=f"{survey.info.machine_id}/{identity}",
            store_id=store_id.strip(),
            filesystem=kind.strip(),
            copy_on_write=kind.strip() == "btrfs" and copied.strip() != "0",
        )
        return dataclasses.replace(survey, info=info)

    async def _observe(self) -> bool | None:
        """Find the API service, or run one for the session; whether one listened already."""
        login = await self._log_in()
        standing = await self._standing(login)
        self._observer = standing or await self._own_observer(login)
        return None if login.sudo else standing is not None

    async def _log_in(self) -> Login:
        told = await self.transport.run(("sh", "-c", probes.LOGIN), deadline_s=LOOK_S)
        return read_login(told.stdout.decode(errors="replace"))

    async def _standing(self, login: Login) -> Observer | None:
        """The API service that listens already; other users than its own cannot reach it."""
        if login.sudo:
            return None
        with contextlib.suppress(PodferryError):
            path = await self.transport.forward(self._socket or login.socket)
            observer = Observer(self.label, path)
            try:
                if await observer.answers():
                    return observer
            except PodferryError:
                observer.close()
        return None

    async def _own_observer(self, login: Login) -> Observer:
        """An API service that runs for the time of the session."""
        remote = await self._start_service(login)
        return Observer(self.label, await self.transport.forward(remote))

    async def _start_service(self, login: Login) -> str:
        how = "sudo" if login.sudo else "plain"
        self._service = await self.transport.hold(("sh", "-c", scripts.SERVICE, "podferry", how))
        path = await self._service.next_line(LOOK_S)
        if not path:
            done = await self._service.wait(1)
            self._service = None
            raise HostUnfit(
                "Podman's API service could not be started",
                host=self.label,
                detail=done.stderr[-500:],
                todo="Run `podman system service` there and mend what it says.",
            )
        return path

    async def _let_go(self) -> None:
        observer, self._observer = self._observer, None
        if observer:
            observer.close()
        service, self._service = self._service, None
        if service:
            await service.wait(5)

    async def close(self) -> None:
        """See Engine."""
        await self._let_go()
        await self.transport.close()

    async def warm(self, streams: int) -> None:
        """See Engine."""
        await self.transport.warm(streams)

    @property
    def _facts(self) -> Survey:
        if self._survey is None:
            raise HostUnreachable("not connected", host=self.label)
        return self._survey

    @property
    def _looker(self) -> Observer:
        if self._observer is None:
            raise HostUnreachable("not connected", host=self.label)
        return self._observer

    # Running commands.

    def _privileged(self, argv: Sequence[str], survey: Survey) -> tuple[str, ...]:
        return ("sudo", "-n", *argv) if survey.sudo else tuple(argv)

    def _wrapped(self, argv: Sequence[str], deadline_s: float) -> tuple[str, ...]:
        """With rights, and with a deadline on the host itself, which outlives the connection."""
        survey = self._facts
        limit = ("timeout", "-k", "5", str(int(deadline_s))) if survey.timeout else ()
        return self._privileged((*limit, *argv), survey)

    async def _look(
        self, argv: Sequence[str], *, stdin: bytes = b"", deadline_s: float = LOOK_S
    ) -> Completed:
        """Run a command that changes nothing, which the log need not tell of."""
        async with self._looks:
            wrapped = self._wrapped(argv, deadline_s)
            return await self.transport.run(wrapped, stdin=stdin, deadline_s=deadline_s + 10)

    async def _run(
        self,
        argv: Sequence[str],
        *,
        stdin: bytes = b"",
        deadline_s: float = ACT_S,
        shown: Sequence[str] = (),
        what: str = "",
    ) -> str:
        """Run a command that changes something; its stdout. `shown` is what the log says of it."""
        wrapped = self._wrapped(argv, deadline_s)
        done = await self.transport.run(wrapped, stdin=stdin, deadline_s=deadline_s + 10)
        self._record(done, done.stderr, shown or argv)
        name = what or " ".join((shown or argv)[:3])
        if done.exit_code in (None, 124, 137):
            raise DeadlineExceeded(
                f"`{name}` did not end within {deadline_s:.0f} s and was stopped", host=self.label
            )
        if done.exit_code != 0:
            raise CommandFailed(f"`{name}` failed", host=self.label, detail=last_words(done.stderr))
        return done.stdout.decode(errors="replace")

    async def _script(
        self, script: str, *args: str, shown: Sequence[str] = (), deadline_s: float = ACT_S
    ) -> str:
        return await self._run(
            ("sh", "-c", script, "podferry", *args), shown=shown, deadline_s=deadline_s
        )

    def _record(self, done: Completed, stderr: str, shown: Sequence[str]) -> None:
        if self.on_command:
            self.on_command(
                CommandRecord(
                    host=self.label,
                    argv=tuple(shown),
                    started_s=done.started_s,
                    seconds=done.seconds,
                    exit_code=done.exit_code,
                    stderr_tail=stderr.strip()[-1000:],
                )
            )

    async def _stream(
        self,
        script: str,
        *args: str,
        direction: Direction,
        shown: Sequence[str],
        verify: Callable[[Receipt], Awaitable[Receipt]] | None = None,
        at_end: Callable[[], None] | None = None,
    ) -> HostStream:
        argv = self._wrapped(("sh", "-c", script, "podferry", *args), BULK_S)
        stream = await self.transport.stream(argv, direction)
        if at_end:
            stream.on_end(at_end)
        return HostStream(
            self.transport,
            stream,
            what=f"`{' '.join(shown[:3])}`",
            deadline_s=BULK_S,
            record=lambda done, words: self._record(done, words, shown),
            verify=verify,
        )

    async def inspect(self, thing: Thing, name: str) -> Inspection | None:
        """See Engine."""
        return await self._looker.inspect(thing, name)

    def _place(self, name: str) -> str:
        """The folder of an archive or note: on the store's disk, so that files can be moved."""
        return f"{self._facts.info.graph_root}/{name}"

    async def _folder(self, container_id: str) -> str:
        return str((await self._container(container_id))["StaticDir"])

    async def _container(self, container_id: str) -> Inspection:
        inspection = await self.inspect(Thing.CONTAINER, container_id)
        if inspection is None:
            raise NoSuchItem("no such container any more", host=self.label, item=container_id)
        return inspection


def with_service(survey: Survey, listens: bool | None) -> Survey:
    """Say whether a service listens for the user; None: that cannot be told."""
    return dataclasses.replace(survey, info=dataclasses.replace(survey.info, service=listens))
