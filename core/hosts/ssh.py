"""Reaching a host with OpenSSH's own binary.

One master connection per host carries commands and the forwarded socket; each bulk stream has
a master of its own (a lane), because a channel's window caps what one connection carries and
sshd's MaxSessions is 10. ssh itself asks for passwords and host keys, on the real terminal:
call `open_masters` before an app owns the screen. Everything later runs with BatchMode.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shlex
import shutil
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path

from core.errors import HostUnfit, HostUnreachable, PodferryError
from core.hosts import process
from core.hosts.address import Address
from core.hosts.control import ControlFolder
from core.hosts.process import ByteProcess, Completed, Direction
from core.hosts.shell import SSH_FAILED, Shells
from core.hosts.ssh_errors import explain

CONNECT_S = 15
"""ssh gives up on a silent address after this many seconds."""
_PROMPT_S = 300
"""Time for a person to answer ssh's prompts."""
_GREETS_S = 5
_LANES = 6
"""Most bulk connections to one host at once; sshd's MaxStartups slows more than 10."""
_SHELLS = 4
"""Most shells that stay on a host: each is one of the ten sessions that sshd allows on a
connection. A command that finds all of them at work has a session of its own."""
_MASTER = "master"
_ASKS = re.compile(r"Permission denied|Host key verification failed|host key is known")
_DROPPED = re.compile(r"kex_exchange_identification: (Connection closed|banner line)")
_DROPPED_PAUSES_S = (0.5, 1.0)
"""sshd drops some of many logins at once by chance (MaxStartups): these are tried again."""
CONFIG_VARIABLE = "PODFERRY_SSH_CONFIG"
"""Environment variable: a file to use in place of ~/.ssh/config."""

_OPTIONS = (
    f"-oConnectTimeout={CONNECT_S}",
    "-oServerAliveInterval=5",
    "-oServerAliveCountMax=4",
    "-oForwardAgent=no",
    "-oForwardX11=no",
    "-oPermitLocalCommand=no",
    "-oRemoteCommand=none",
    "-oRequestTTY=no",
    "-oClearAllForwardings=yes",
    "-oEscapeChar=none",
    "-oLogLevel=ERROR",
)
_BULK_OPTIONS = ("-oCompression=no", "-oCiphers=^aes128-gcm@openssh.com", "-oIPQoS=throughput")


class SshTransport:
    """A host behind ssh.

    A spare is the folder of another Podferry's master to this host. It is used where a master of
    one's own cannot be made, or a person would have to answer. Where a person has answered, one
    connection carries everything: sshd would take each login that fails for an attack, and soon
    drop all connections from here (PerSourcePenalties, sshd_config(5)).
    """

    def __init__(self, address: Address, spare: Path | None = None) -> None:
        self.label = address.label
        self._address = address
        self._spare = spare
        self._folder: ControlFolder | None = None
        """For masters of its own and for forwarded sockets."""
        self._borrowed: ControlFolder | None = None
        """Where the master is, when it is another Podferry's."""
        self._forget_lanes()
        self._shells = Shells(lambda: self._argv(("sh",)), _SHELLS)
        self._sockets: dict[str, str] = {}
        self._dialled: set[asyncio.Task[int]] = set()
        """Waiting for the ends of what `dial` started; each ends with its socket."""

    def _destination(self) -> list[str]:
        address = self._address
        options: list[str] = []
        config = os.environ.get(CONFIG_VARIABLE)
        if config:
            options += ["-F", config]
        if address.user:
            options += ["-l", address.user]
        if address.port is not None:
            options += ["-p", str(address.port)]
        if address.identity:
            options += ["-i", address.identity]
        return options

    @property
    def master_folder(self) -> Path | None:
        """Where another Podferry finds this one's master. None: there is none."""
        folder = self._borrowed or self._folder
        return folder.path if folder else None

    def _own_folder(self) -> Path:
        if self._folder is None:
            self._folder = ControlFolder()
        return self._folder.path

    def _control(self, lane: int | None) -> str:
        if lane is not None:
            return str(self._own_folder() / f"lane{lane}")
        return str((self._borrowed.path if self._borrowed else self._own_folder()) / _MASTER)

    def _master_argv(self, lane: int | None, *, interactive: bool) -> list[str]:
        strict = "ask" if interactive else "yes"
        return [
            "ssh",
            *self._destination(),
            *_OPTIONS,
            *(() if lane is None else _BULK_OPTIONS),
            f"-oBatchMode={'no' if interactive else 'yes'}",
            f"-oStrictHostKeyChecking={strict}",
            "-oControlMaster=yes",
            "-oControlPersist=600",
            f"-oControlPath={self._control(lane)}",
            f"-E{self._control(lane)}.log",
            "-fN",
            "--",
            self._address.host,
        ]

    def _argv(self, argv: Sequence[str], lane: int | None = None) -> list[str]:
        return [
            "ssh",
            *self._destination(),
            *_OPTIONS,
            "-oBatchMode=yes",
            "-oStrictHostKeyChecking=yes",
            "-oControlMaster=no",
            f"-oControlPath={self._control(lane)}",
            "--",
            self._address.host,
            shlex.join(argv),
        ]

    def _require_ssh(self) -> None:
        if not shutil.which("ssh"):
            raise HostUnreachable(
                "no ssh on this machine",
                host=self.label,
                todo="Install the package openssh-client.",
            )

    def open_quietly(self) -> None:
        """Make the master without asking anybody. Raises HostUnreachable, NoSuchHost."""
        self._require_ssh()
        if self._alive(None):
            return
        self._reset()
        argv = self._master_argv(None, interactive=False)
        with contextlib.suppress(subprocess.TimeoutExpired):
            subprocess.run(argv, capture_output=True, check=False, timeout=CONNECT_S + 10)
        if not self._alive(None):
            raise self._unreachable(self._log(None))

    def needs_answers(self) -> bool:
        """Whether the master could not be made because a person has to answer ssh."""
        return bool(_ASKS.search(self._log(None)))

    def open_on_terminal(self) -> None:
        """Make the master with ssh's prompts on this process's terminal. Raises HostUnreachable."""
        self._require_ssh()
        if self._alive(None):
            return
        self._reset()
        subprocess.run(self._master_argv(None, interactive=True), check=False, timeout=_PROMPT_S)
        if self._folder is None or not self._alive(None):
            raise self._unreachable(self._log(None))
        self._folder.note_answered()

    async def open(self) -> None:
        """See Transport; asks nothing."""
        self._require_ssh()
        if await self.alive():
            return
        await self._shells.end()
        self._reset()
        if await asyncio.to_thread(self._borrow, if_answered=True):
            return
        try:
            await self._make_master(None)
        except HostUnreachable:
            if not await asyncio.to_thread(self._borrow):
                raise

    def _borrow(self, *, if_answered: bool = False) -> bool:
        """Go on with the spare master, if it lives."""
        if self._spare is None:
            return False
        with contextlib.suppress(OSError):
            self._borrowed = ControlFolder(self._spare)
            if (self._borrowed.answered or not if_answered) and self._alive(None):
                return True
            self._borrowed.leave()
        self._borrowed = None
        return False

    @property
    def _answered(self) -> bool:
        folder = self._borrowed or self._folder
        return folder is not None and folder.answered

    async def alive(self) -> bool:
        """See Transport."""
        return await asyncio.to_thread(self._alive, None)

    async def _make_master(self, lane: int | None) -> None:
        argv = self._master_argv(lane, interactive=False)
        for pause_s in (*_DROPPED_PAUSES_S, None):
            made = await process.run(argv, deadline_s=CONNECT_S + 10)
            if made.exit_code == 0:
                return
            said = self._log(lane) or made.stderr or "ssh gave no answer"
            if pause_s is None or not _DROPPED.search(said):
                raise self._unreachable(said)
            await asyncio.sleep(pause_s)

    def _alive(self, lane: int | None) -> bool:
        """Whether a master greets who comes to its socket (PROTOCOL.mux of OpenSSH)."""
        if self.master_folder is None:
            return False
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as master:
            master.settimeout(_GREETS_S)
            master.connect(self._control(lane))
            return bool(master.recv(1))
        return False

    def _log(self, lane: int | None) -> str:
        with contextlib.suppress(OSError):
            return Path(self._control(lane) + ".log").read_text(errors="replace").strip()
        return ""

    def _unreachable(self, log: str) -> PodferryError:
        return explain(self.label, self._address.host, log)

    def _reset(self) -> None:
        """Forget masters that died; their sockets would make ssh open new connections silently."""
        for lane in self._made_lanes:
            self._exit_master(self._control(lane))
        for folder in (self._folder, self._borrowed):
            if folder is not None and folder.leave():
                self._exit_master(str(folder.path / _MASTER))
                shutil.rmtree(folder.path, ignore_errors=True)
        self._folder = self._borrowed = None
        self._forget_lanes()
        self._sockets.clear()

    def _forget_lanes(self) -> None:
        self._made_lanes: set[int] = set()
        """Those whose master lived once."""
        self._free_lanes: asyncio.PriorityQueue[int] = asyncio.PriorityQueue()
        for lane in range(_LANES):
            self._free_lanes.put_nowait(lane)
        self._lane_locks = [asyncio.Lock() for _ in range(_LANES)]

    def _exit_master(self, control: str) -> None:
        argv = ["ssh", f"-oControlPath={control}", "-Oexit", "--", "podferry"]
        with contextlib.suppress(subprocess.TimeoutExpired, OSError):
            subprocess.run(argv, capture_output=True, check=False, timeout=5)

    async def close(self) -> None:
        """See Transport."""
        await self._shells.end()
        await asyncio.to_thread(self._reset)

    async def run(
        self, argv: Sequence[str], *, stdin: bytes = b"", deadline_s: float = 60
    ) -> Completed:
        """See Transport."""
        done = await self._command(argv, stdin, deadline_s)
        failure = self.failure(done)
        if failure:
            raise failure
        if said := self._shells.greeting.decode(errors="replace").strip():
            raise HostUnfit(
                f"its login shell prints something before any command runs: {said[:80]!r}",
                host=self.label,
                detail="Archives that are streamed from there would begin with it.",
                todo="In ~/.bashrc, print only where it is interactive: [ -t 1 ] && echo ...",
            )
        return done

    async def _command(self, argv: Sequence[str], stdin: bytes, deadline_s: float) -> Completed:
        # A shell that failed to hand a stdin on would take it for commands.
        done = None if stdin else await self._shells.run(argv, deadline_s=deadline_s)
        return done or await process.run(self._argv(argv), stdin=stdin, deadline_s=deadline_s)

    def failure(self, completed: Completed) -> PodferryError | None:
        """See Transport."""
        if completed.exit_code != SSH_FAILED:
            return None
        return self._unreachable(completed.stderr.strip())

    async def warm(self, streams: int) -> None:
        """See Transport."""
        if self._answered:
            return
        await asyncio.gather(*(self._ready(lane) for lane in range(min(streams, _LANES))))

    async def _ready(self, lane: int) -> None:
        """Make a lane's master unless it lives; who wants it meanwhile waits for it."""
        async with self._lane_locks[lane]:
            lived = lane in self._made_lanes
            if not lived or not await asyncio.to_thread(self._alive, lane):
                await self._make_master(lane)
                self._made_lanes.add(lane)

    async def stream(self, argv: Sequence[str], direction: Direction) -> ByteProcess:
        """See Transport."""
        free = self._free_lanes
        lane = await self._take_lane()
        stream = await ByteProcess.spawn(self._argv(argv, lane), direction)
        if lane is not None:
            stream.on_end(lambda: free.put_nowait(lane))
        return stream

    async def _take_lane(self) -> int | None:
        """A free lane; None means the master, where a lane cannot be made, or only by a person."""
        if self._answered:
            return None
        free = self._free_lanes
        lane = await free.get()
        try:
            await self._ready(lane)
        except BaseException as error:
            free.put_nowait(lane)
            if isinstance(error, PodferryError) and lane not in self._made_lanes:
                return None
            raise
        return lane

    async def hold(self, argv: Sequence[str]) -> ByteProcess:
        """See Transport."""
        return await ByteProcess.spawn(self._argv(argv), Direction.TO)

    async def forward(self, remote_socket: str) -> str:
        """See Transport."""
        if remote_socket in self._sockets:
            return self._sockets[remote_socket]
        local = f"{self._own_folder()}/api{len(self._sockets)}"
        argv = [
            "ssh",
            f"-oControlPath={self._control(None)}",
            "-Oforward",
            f"-L{local}:{remote_socket}",
            "--",
            "podferry",
        ]
        done = await process.run(argv, deadline_s=10)
        if done.exit_code != 0:
            raise self._unreachable(done.stderr or "the API socket could not be forwarded")
        self._sockets[remote_socket] = local
        return local

    async def dial(self, address: str, port: int) -> socket.socket:
        """See Transport: a channel of the master, which needs none of sshd's sessions."""
        ours, theirs = socket.socketpair()
        argv = ["ssh", *self._destination(), *_OPTIONS, "-oBatchMode=yes"]
        argv += ["-oStrictHostKeyChecking=yes", "-oControlMaster=no"]
        argv += [f"-oControlPath={self._control(None)}", f"-W{address}:{port}"]
        try:
            done = await asyncio.create_subprocess_exec(
                *argv, "--", self._address.host,
                stdin=theirs.fileno(), stdout=theirs.fileno(), stderr=subprocess.DEVNULL,
            )  # fmt: skip
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        self._dialled.add(reaping := asyncio.create_task(done.wait()))
        reaping.add_done_callback(self._dialled.discard)
        return ours
