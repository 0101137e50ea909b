"""The checkpoint route on a host."""

from __future__ import annotations

from core.errors import CommandFailed
from core.hosts.process import Direction
from core.podman import commands
from core.podman.engine import CheckpointOptions, Incoming, Outgoing, RestoreOptions, Thing
from core.podman.model import Inspection, Kind
from core.podman.real import scripts
from core.podman.real.base import BULK_S, Base

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
                    deadline_s=BULK_S,
                )
            except CommandFailed as failure:
                if not fast or "criu" not in failure.detail.lower():
                    raise
                await self._run(commands.remove(Kind.CONTAINER, container_id))
                await self._script(
                    scripts.RESTORE, folder, home, "", *argv, shown=shown, deadline_s=BULK_S
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

    async def create_pod(self, inspection: Inspection) -> str:
        """See Engine."""
        pod_id = (
            await self._run(commands.create_pod(inspection, self.info.podman_version))
        ).strip()
        await self._run(commands.act("start", Kind.POD, pod_id))
        return pod_id
