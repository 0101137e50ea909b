"""The Engine protocol on a real host."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

from core.errors import (
    CommandFailed,
    DeadlineExceeded,
    HostUnfit,
    HostUnreachable,
    ItemBlocked,
    NoSuchItem,
    PodferryError,
)
from core.hosts.process import ByteProcess, Completed, Direction
from core.hosts.transport import Transport
from core.podman import commands
from core.podman.engine import (
    Change,
    CheckpointOptions,
    CommandRecord,
    Incoming,
    Outgoing,
    PlayOptions,
    Receipt,
    RestoreOptions,
    Thing,
)
from core.podman.model import (
    Details,
    Estate,
    HostInfo,
    Inspection,
    Inventory,
    Kind,
    Process,
    Usage,
)
from core.podman.real import scripts
from core.podman.real.gate import PodGate
from core.podman.real.inventory import read_inventory, read_resident
from core.podman.real.listing import read_estate
from core.podman.real.observer import Observer
from core.podman.real.streams import HostStream
from core.podman.real.survey import Survey, read_survey

_LOOK_S = 30
"""Deadline for a command that only looks."""
_ACT_S = 120
"""Deadline for a command that changes one thing."""
_BULK_S = 24 * 3600
"""Deadline for a stream: the pump's own watch on progress ends a dead one sooner."""
_MODIFIED = 0
"""Kind of a changed path in /containers/ID/changes, as in Docker's API."""
_SIZES_EVERY_S = 60
_FAST_RESTORE = ((5, 4), (6, 0))
"""Podman versions whose import was seen to keep memory pages that lie in place: from, before."""


class RealEngine:
    """Podman on a host that a transport reaches."""

    def __init__(self, transport: Transport, *, socket: str = "") -> None:
        self.on_command: Callable[[CommandRecord], None] | None = None
        self._transport = transport
        self._socket = socket
        self._connecting = asyncio.Lock()
        self._gate = PodGate()
        self._survey: Survey | None = None
        self._observer: Observer | None = None
        self._service: ByteProcess | None = None
        self._sizes: dict[str, int] = {}
        self._sizes_taken = 0.0

    @property
    def label(self) -> str:
        """See Engine."""
        return self._transport.label

    @property
    def info(self) -> HostInfo:
        """See Engine."""
        return self._facts.info

    # Connection.

    async def connect(self) -> HostInfo:
        """See Engine; does nothing while the connection is good, which others may be using."""
        async with self._connecting:
            if self._survey and await self._answers():
                return self._survey.info
            return await self._connect()

    async def _answers(self) -> bool:
        if self._observer is None or not await self._transport.alive():
            return False
        try:
            async with asyncio.timeout(10):
                return bool(await self._observer.get("/version"))
        except (PodferryError, TimeoutError):
            return False

    async def _connect(self) -> HostInfo:
        await self._let_go()
        await self._transport.open()
        found = await self._transport.run(("sh", "-c", scripts.SURVEY), deadline_s=_LOOK_S)
        if found.exit_code is None:
            raise HostUnreachable(f"no answer within {_LOOK_S} s", host=self.label)
        survey = read_survey(self.label, found.stdout.decode(errors="replace"))
        storage = await self._transport.run(
            self._privileged(
                ("sh", "-c", scripts.STORAGE, "podferry", survey.info.graph_root), survey
            ),
            deadline_s=_LOOK_S,
        )
        kind, attributes, identity = (*storage.stdout.decode().split("\n"), "", "")[:3]
        info = dataclasses.replace(
            survey.info,
            machine_id=f"{survey.info.machine_id}/{identity}",
            filesystem=kind.strip(),
            copy_on_write=kind.strip() == "btrfs" and "C" not in attributes,
        )
        self._survey = dataclasses.replace(survey, info=info)
        self._observer = await self._observe(self._survey)
        return info

    async def _observe(self, survey: Survey) -> Observer:
        """Use the API service that listens, or start one for the time of the session."""
        if not survey.sudo:
            with contextlib.suppress(PodferryError):
                path = await self._transport.forward(self._socket or survey.service_socket)
                observer = Observer(self.label, path)
                try:
                    if await observer.get("/version"):
                        return observer
                except PodferryError:
                    observer.close()
        remote = await self._start_service(survey)
        return Observer(self.label, await self._transport.forward(remote))

    async def _start_service(self, survey: Survey) -> str:
        how = "sudo" if survey.sudo else "plain"
        self._service = await self._transport.hold(("sh", "-c", scripts.SERVICE, "podferry", how))
        path = await self._service.first_line(_LOOK_S)
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
        await self._transport.close()

    async def warm(self, streams: int) -> None:
        """See Engine."""
        await self._transport.warm(streams)

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

    async def _run(
        self,
        argv: Sequence[str],
        *,
        stdin: bytes = b"",
        deadline_s: float = _ACT_S,
        shown: Sequence[str] = (),
        what: str = "",
    ) -> str:
        """Run a command that changes something; its stdout. `shown` is what the log says of it."""
        wrapped = self._wrapped(argv, deadline_s)
        done = await self._transport.run(wrapped, stdin=stdin, deadline_s=deadline_s + 10)
        self._record(done, done.stderr, shown or argv)
        name = what or " ".join((shown or argv)[:3])
        if done.exit_code in (None, 124, 137):
            raise DeadlineExceeded(
                f"`{name}` did not end within {deadline_s:.0f} s and was stopped", host=self.label
            )
        if done.exit_code != 0:
            raise CommandFailed(
                f"`{name}` failed", host=self.label, detail=done.stderr.strip()[-4000:]
            )
        return done.stdout.decode(errors="replace")

    async def _script(
        self, script: str, *args: str, shown: Sequence[str] = (), deadline_s: float = _ACT_S
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
        argv = self._wrapped(("sh", "-c", script, "podferry", *args), _BULK_S)
        stream = await self._transport.stream(argv, direction)
        if at_end:
            stream.on_end(at_end)
        return HostStream(
            self._transport,
            stream,
            what=f"`{' '.join(shown[:3])}`",
            deadline_s=_BULK_S,
            record=lambda done, words: self._record(done, words, shown),
            verify=verify,
        )

    # Observe.

    async def estate(self) -> Estate:
        """See Engine."""
        stale = time.monotonic() - self._sizes_taken > _SIZES_EVERY_S
        looker = self._looker
        containers, pods = await asyncio.gather(
            looker.get("/containers/json", all=True, size=stale),
            self._gate.pods(lambda: looker.get("/pods/json")),
        )
        if stale:
            self._sizes = {
                c["Id"]: int(c["Size"].get("rwSize") or 0) for c in containers if c.get("Size")
            }
            self._sizes_taken = time.monotonic()
        return read_estate(self.label, containers or (), pods or (), self._sizes, time.time())

    async def usage(self) -> Mapping[str, Usage]:
        """See Engine."""
        found = await self._looker.get("/containers/stats", stream=False)
        usage = {
            entry["ContainerID"]: Usage(int(entry["MemUsage"]), float(entry["CPU"]))
            for entry in (found or {}).get("Stats") or ()
        }
        if not usage or any(use.memory_bytes for use in usage.values()):
            return usage
        # Without the memory controller Podman says 0 for all: count what their processes hold.
        seen = await self._transport.run(
            self._wrapped(("sh", "-c", scripts.RESIDENT), _LOOK_S), deadline_s=_LOOK_S
        )
        resident = read_resident(seen.stdout.decode(errors="replace"))
        return {
            ident: Usage(resident.get(ident, 0), use.cpu_percent) for ident, use in usage.items()
        }

    def changes(self) -> AsyncIterator[Change]:
        """See Engine."""
        return self._looker.changes()

    async def details(self, container_id: str, log_lines: int = 20) -> Details:
        """See Engine."""
        inspection = await self.inspect(Thing.CONTAINER, container_id)
        if inspection is None:
            raise NoSuchItem("no such container any more", host=self.label, item=container_id)
        processes: tuple[Process, ...] = ()
        if (inspection.get("State") or {}).get("Running"):
            top = await self._looker.get(
                f"/containers/{container_id}/top", ps_args="pid,user,etime,args", stream=False
            )
            processes = tuple(
                Process(row[0], row[1], row[2], " ".join(row[3:]))
                for row in (top or {}).get("Processes") or ()
                if len(row) >= 4
            )
        done = await self._transport.run(
            self._wrapped(("podman", "logs", "--tail", str(log_lines), container_id), 10),
            deadline_s=15,
        )
        log = done.stdout.decode(errors="replace") + done.stderr
        return Details(inspection, processes, tuple(log.splitlines()[-log_lines:]))

    async def inspect(self, thing: Thing, name: str) -> Inspection | None:
        """See Engine."""
        return await self._looker.inspect(thing, name)

    async def inventory(self) -> Inventory:
        """See Engine."""
        looker = self._looker
        root = self._facts.info.graph_root
        images, networks, volumes, secrets, containers, pods, ports = await asyncio.gather(
            looker.get("/images/json", all=True),
            looker.get("/networks/json"),
            looker.get("/volumes/json"),
            looker.get("/secrets/json"),
            looker.get("/containers/json", all=True),
            self._gate.pods(lambda: looker.get("/pods/json")),
            self._transport.run(
                self._wrapped(("sh", "-c", scripts.ROOM, "podferry", root), _LOOK_S),
                deadline_s=_LOOK_S,
            ),
        )
        return read_inventory(
            images=images or (),
            networks=networks or (),
            volumes=volumes or (),
            secrets=secrets or (),
            containers=containers or (),
            pods=pods or (),
            room=ports.stdout.decode(errors="replace"),
        )

    async def missing_paths(self, paths: frozenset[str]) -> frozenset[str]:
        """See Engine."""
        if not paths:
            return frozenset()
        done = await self._transport.run(
            self._wrapped(("sh", "-c", scripts.MISSING, "podferry", *sorted(paths)), _LOOK_S),
            deadline_s=_LOOK_S,
        )
        return frozenset(done.stdout.decode(errors="surrogateescape").split("\0")) - {""}

    async def changed_files(self, container_id: str) -> frozenset[str]:
        """See Engine."""
        found = await self._looker.get(f"/containers/{container_id}/changes") or ()
        paths = {str(c["Path"]) for c in found}
        folders = {path.rpartition("/")[0] for path in paths}
        changed = {str(c["Path"]) for c in found if c.get("Kind") == _MODIFIED}
        return frozenset(changed - folders)

    async def volume_users(self, name: str) -> frozenset[str]:
        """See Engine."""
        found = await self._looker.get("/containers/json", all=True, filters={"volume": [name]})
        return frozenset(str(c["Id"]) for c in found or ())

    # Carry over what an item needs.

    async def save_image(self, image_id: str) -> Outgoing:
        """See Engine."""
        inspection = await self.inspect(Thing.IMAGE, image_id)
        if inspection is None:
            raise NoSuchItem("no such image", host=self.label, item=image_id)
        argv = commands.save_image(image_id)
        return await self._stream(scripts.SEND, *argv, direction=Direction.FROM, shown=argv)

    async def load_image(self, image_id: str, tags: tuple[str, ...]) -> Incoming:
        """See Engine."""

        async def verify(receipt: Receipt) -> Receipt:
            if await self.inspect(Thing.IMAGE, image_id) is None:
                raise CommandFailed(
                    f"the image arrived under another ID than {image_id[:12]}", host=self.label
                )
            for tag in tags:
                await self._run(commands.tag_image(image_id, tag))
            return dataclasses.replace(receipt, value=image_id)

        argv = commands.load_image()
        return await self._stream(
            scripts.TAKE, *argv, direction=Direction.TO, shown=argv, verify=verify
        )

    async def remove_image(self, image_id: str) -> None:
        """See Engine."""
        inspection = await self.inspect(Thing.IMAGE, image_id)
        if inspection is not None:
            tags = inspection.get("RepoTags") or ()
            await self._run(("podman", "image", "rm", "--ignore", "--", *tags, image_id))

    async def create_network(self, inspection: Inspection) -> None:
        """See Engine."""
        await self._run(commands.create_network(inspection))

    async def remove_network(self, name: str) -> None:
        """See Engine."""
        if await self.inspect(Thing.NETWORK, name) is not None:
            await self._run(("podman", "network", "rm", name))

    async def create_volume(self, inspection: Inspection) -> None:
        """See Engine."""
        await self._run(commands.create_volume(inspection))

    async def remove_volume(self, name: str) -> None:
        """See Engine."""
        if await self.inspect(Thing.VOLUME, name) is not None:
            await self._run(("podman", "volume", "rm", name))

    async def export_volume(self, name: str) -> Outgoing:
        """See Engine."""
        argv = commands.export_volume(await self._mountpoint(name))
        return await self._stream(scripts.SEND, *argv, direction=Direction.FROM, shown=argv)

    async def import_volume(self, name: str) -> Incoming:
        """See Engine."""
        argv = commands.import_volume(await self._mountpoint(name))
        return await self._stream(scripts.TAKE, *argv, direction=Direction.TO, shown=argv)

    async def _mountpoint(self, volume: str) -> str:
        inspection = await self.inspect(Thing.VOLUME, volume)
        if inspection is None:
            raise NoSuchItem("no such volume", host=self.label, item=volume)
        return str(inspection["Mountpoint"])

    async def tag_image(self, image_id: str, tag: str) -> None:
        """See Engine."""
        await self._run(commands.tag_image(image_id, tag))

    # Act on items.

    @asynccontextmanager
    async def claim(self, item_id: str, owner: str) -> AsyncIterator[None]:
        """See Engine."""
        folder = f"{self._facts.info.graph_root}/podferry-claim.{item_id}"
        argv = ("sh", "-c", scripts.CLAIM, "podferry", folder, owner)
        holder = await self._transport.hold(self._privileged(argv, self._facts))
        try:
            told = await holder.first_line(_LOOK_S)
            if told != "claimed":
                done = await holder.wait(5)
                if failure := self._transport.failure(done):
                    raise failure
                if not told.startswith("held"):
                    raise CommandFailed(
                        "the item could not be claimed", host=self.label, detail=done.stderr[-500:]
                    )
                raise ItemBlocked(
                    f"another podferry is working on it ({told})",
                    host=self.label,
                    todo="Wait for its end, or cancel it there.",
                )
            yield
        finally:
            await holder.wait(5)

    async def set_restart_policy(self, container_id: str, policy: str) -> None:
        """See Engine."""
        await self._run(commands.set_restart_policy(container_id, policy))

    async def start(self, kind: Kind, name: str) -> None:
        """See Engine."""
        await self._run(commands.act("start", kind, name))

    async def stop(self, kind: Kind, name: str) -> None:
        """See Engine."""
        await self._run(commands.act("stop", kind, name), deadline_s=_ACT_S * 3)

    async def remove(self, kind: Kind, name: str) -> None:
        """See Engine."""
        await self._run(commands.remove(kind, name))

    async def rename(self, container: str, new_name: str) -> None:
        """See Engine."""
        await self._run(commands.rename(container, new_name))

    # The checkpoint route.

    async def checkpoint(self, container_id: str, options: CheckpointOptions) -> Outgoing:
        """See Engine."""
        argv = commands.checkpoint(options)
        folder = await self._folder(container_id)
        await self._gate.enter()
        try:
            return await self._stream(
                scripts.DUMP,
                container_id,
                folder,
                *argv,
                direction=Direction.FROM,
                shown=(*argv, "--export", "/dev/fd/5", container_id),
                at_end=self._gate.leave,
            )
        except BaseException:
            self._gate.leave()
            raise

    async def receive_checkpoint(self, archive: str) -> Incoming:
        """See Engine."""
        folder = self._archive(archive)
        shown = ("tar", "-xpif", "-", "-C", f"{folder}/in")
        return await self._stream(scripts.TAKE_ARCHIVE, folder, direction=Direction.TO, shown=shown)

    def _archive(self, name: str) -> str:
        """An archive's folder: on the disk of the store, so that its files can be moved there."""
        return f"{self._facts.info.graph_root}/{name}"

    async def restore(self, archive: str, container_id: str, options: RestoreOptions) -> None:
        """See Engine."""
        argv, folder = commands.restore(options), self._archive(archive)
        shown = (*argv, "--import", f"{folder}/rest.tar")
        info = self._facts.info
        home = f"{info.graph_root}/{info.storage_driver}-containers/{container_id}"
        fast = _FAST_RESTORE[0] <= info.podman_version < _FAST_RESTORE[1]
        async with self._gate.held():
            try:
                await self._script(
                    scripts.RESTORE,
                    folder,
                    home,
                    "fast" if fast else "",
                    *argv,
                    shown=shown,
                    deadline_s=_BULK_S,
                )
            except CommandFailed as failure:
                if not fast or "criu" not in failure.detail.lower():
                    raise
                await self.remove(Kind.CONTAINER, container_id)
                await self._script(
                    scripts.RESTORE, folder, home, "", *argv, shown=shown, deadline_s=_BULK_S
                )

    async def discard(self, archive: str) -> None:
        """See Engine."""
        folder = self._archive(archive)
        await self._script(scripts.DISCARD, folder, shown=("rm", "-rf", folder))

    async def restore_in_place(self, container_id: str) -> None:
        """See Engine."""
        inspection = await self._container(container_id)
        pod = inspection.get("Pod")
        infra = (await self.inspect(Thing.POD, pod) or {}).get("InfraContainerID") if pod else ""
        argv = commands.restore_in_place(container_id)
        async with self._gate.held():
            await self._script(
                scripts.RESTORE_IN_PLACE, inspection["StaticDir"], infra or "", *argv, shown=argv
            )

    async def drop_checkpoint(self, container_id: str) -> None:
        """See Engine."""
        folder = await self._folder(container_id)
        await self._run(("rm", "-rf", "--", f"{folder}/checkpoint", f"{folder}/podferry-pages"))

    async def _folder(self, container_id: str) -> str:
        return str((await self._container(container_id))["StaticDir"])

    async def _container(self, container_id: str) -> Inspection:
        inspection = await self.inspect(Thing.CONTAINER, container_id)
        if inspection is None:
            raise NoSuchItem("no such container any more", host=self.label, item=container_id)
        return inspection

    async def create_pod(self, inspection: Inspection) -> str:
        """See Engine."""
        pod_id = (
            await self._run(commands.create_pod(inspection, self.info.podman_version))
        ).strip()
        await self._run(commands.act("start", Kind.POD, pod_id))
        return pod_id

    # The kube route.

    async def generate_kube(self, names: tuple[str, ...]) -> str:
        """See Engine."""
        return await self._run(commands.generate_kube(names))

    async def play_kube(self, yaml: str, options: PlayOptions) -> None:
        """See Engine."""
        await self._run(commands.play_kube(options), stdin=yaml.encode(), deadline_s=_ACT_S * 3)
