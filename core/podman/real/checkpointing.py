"""The checkpoint route on a host."""

from __future__ import annotations

import asyncio

from core.errors import CommandFailed
from core.hosts.process import Completed, Direction
from core.podman import commands
from core.podman.model import Inspection, Kind, Thing
from core.podman.options import CheckpointOptions, RestoreOptions
from core.podman.real import dumping, plain, restoring
from core.podman.real.base import ACT_S, BULK_S, Base
from core.podman.streams import Incoming, Outgoing

_FAST_RESTORE = ((5, 4), (6, 0))
"""Podman versions whose import was seen to keep memory pages that lie in place: from, before."""


class Checkpointing(Base):
    """The part of Engine that dumps and restores."""

    async def checkpoint(self, container_id: str, options: CheckpointOptions) -> Outgoing:
        """See Engine."""
        argv = commands.checkpoint(options)
        folder = await self._folder(container_id)
        await self._gate.enter()
        try:
            return await self._stream(
                dumping.DUMP,
                container_id,
                folder,
                f"{self._run_homes}/{container_id}/userdata",
                self.info.graph_root,
                self.info.storage_driver,
                "" if options.new_address else "whole",
                *argv,
                direction=Direction.FROM,
                shown=(*argv, "--export", "…", container_id),
                at_end=lambda: self._follow(container_id, folder),
            )
        except BaseException:
            self._gate.leave()
            raise

    def _follow(self, container_id: str, folder: str) -> None:
        """The stream has ended: keep listings away until podman has, too."""

        async def ended() -> Completed:
            argv = self._wrapped(("sh", "-c", dumping.CHECKPOINT_ENDED, "podferry", folder), ACT_S)
            try:
                return await self.transport.run(argv, deadline_s=ACT_S)
            finally:
                self._gate.leave()

        self._tails[container_id] = asyncio.ensure_future(ended())
        self._tails[container_id].add_done_callback(
            lambda task: task.cancelled() or task.exception()
        )

    async def checkpoint_ended(self, container_id: str) -> str:
        """See Engine."""
        done = await asyncio.shield(self._tails[container_id])
        words = done.stderr.strip()[-1000:]
        if done.exit_code == 0:
            return ""
        seen = await self.inspect(Thing.CONTAINER, container_id)
        if ((seen or {}).get("State") or {}).get("Running"):
            raise CommandFailed(
                "podman did not stop the container after its dump", host=self.label, detail=words
            )
        return words

    async def receive_checkpoint(
        self, archive: str, restore: RestoreOptions | None = None, makes: str = ""
    ) -> Incoming:
        """See Engine."""
        folder = self._place(archive)
        shown = ("tar", "-xpvif", "-", "-C", f"{folder}/in")
        early: tuple[str, ...] = ()
        made = ("", "")
        if restore and self._restores_fast:
            early = commands.restore(restore)
            # Who looks for the runtime first reads the archive once more often.
            made = (makes, self._home(makes)) if makes and restore.runtime else made
        return await self._stream(
            restoring.TAKE_ARCHIVE, folder, *made, *early, direction=Direction.TO, shown=shown
        )

    def _home(self, container_id: str) -> str:
        info = self._facts.info
        return f"{info.graph_root}/{info.storage_driver}-containers/{container_id}"

    @property
    def _run_homes(self) -> str:
        return f"{self._facts.run_root}/{self._facts.info.storage_driver}-containers"

    @property
    def _restores_fast(self) -> bool:
        return _FAST_RESTORE[0] <= self._facts.info.podman_version < _FAST_RESTORE[1]

    async def restore(self, archive: str, container_id: str, options: RestoreOptions) -> None:
        """See Engine."""
        argv, folder = commands.restore(options), self._place(archive)
        shown = (*argv, "--import", f"{folder}/rest.tar")
        info = self._facts.info
        # A copy's own ID is podman's to choose.
        ident = "" if options.name else container_id
        place = (folder, info.graph_root, info.storage_driver, ident)
        fast = self._restores_fast and not options.name
        async with self._gate.held():
            try:
                await self._script(
                    restoring.RESTORE,
                    *place,
                    self._run_homes,
                    "fast" if fast else "",
                    *argv,
                    shown=shown,
                    deadline_s=BULK_S,
                )
            except CommandFailed as failure:
                if not fast or "criu" not in failure.detail.lower():
                    raise
                await self._run(commands.remove(Kind.CONTAINER, container_id))
                await self._script(
                    restoring.RESTORE,
                    *place,
                    self._run_homes,
                    "",
                    *argv,
                    shown=shown,
                    deadline_s=BULK_S,
                )

    async def receive_plain(self, archive: str) -> Incoming:
        """See Engine."""
        folder = self._place(archive)
        shown = ("tee", f"{folder}/plain.tar")
        return await self._stream(plain.TAKE_PLAIN, folder, direction=Direction.TO, shown=shown)

    async def restore_plain(self, archive: str, options: RestoreOptions) -> None:
        """See Engine."""
        argv, folder = commands.restore(options), self._place(archive)
        shown = (*argv, "--import", f"{folder}/plain.tar")
        async with self._gate.held():
            await self._script(plain.RESTORE_PLAIN, folder, *argv, shown=shown, deadline_s=BULK_S)

    async def discard(self, archive: str) -> None:
        """See Engine."""
        folder = self._place(archive)
        await self._script(restoring.DISCARD, folder, shown=("rm", "-rf", folder))

    async def restore_in_place(self, container_id: str) -> None:
        """See Engine."""
        inspection = await self._container(container_id)
        pod = inspection.get("Pod")
        infra = (await self.inspect(Thing.POD, pod) or {}).get("InfraContainerID") if pod else ""
        argv = commands.restore_in_place(container_id)
        async with self._gate.held():
            await self._script(
                dumping.RESTORE_IN_PLACE, inspection["StaticDir"], infra or "", *argv, shown=argv
            )

    async def drop_checkpoint(self, container_id: str) -> None:
        """See Engine."""
        folder = await self._folder(container_id)
        await self._run(("rm", "-rf", "--", *(f"{folder}/{name}" for name in dumping.LEFT)))

    async def create_pod(self, inspection: Inspection) -> str:
        """See Engine."""
        pod_id = (
            await self._run(commands.create_pod(inspection, self.info.podman_version))
        ).strip()
        await self._run(commands.act("start", Kind.POD, pod_id))
        return pod_id
