"""Looking at a host."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping

from core.errors import NoSuchItem
from core.podman.engine import Change, Thing
from core.podman.model import Details, Estate, Inventory, Process, Usage
from core.podman.real import scripts
from core.podman.real.base import LOOK_S, Base
from core.podman.real.inventory import read_inventory, read_resident
from core.podman.real.listing import read_estate

_MODIFIED = 0
"""Kind of a changed path in /containers/ID/changes, as in Docker's API."""
_SIZES_EVERY_S = 60


class Observing(Base):
    """The part of Engine that observes."""

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
        seen = await self.transport.run(
            self._wrapped(("sh", "-c", scripts.RESIDENT), LOOK_S), deadline_s=LOOK_S
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
        done = await self.transport.run(
            self._wrapped(("podman", "logs", "--tail", str(log_lines), container_id), 10),
            deadline_s=15,
        )
        log = done.stdout.decode(errors="replace") + done.stderr
        return Details(inspection, processes, tuple(log.splitlines()[-log_lines:]))

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
            self.transport.run(
                self._wrapped(("sh", "-c", scripts.ROOM, "podferry", root), LOOK_S),
                deadline_s=LOOK_S,
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
        done = await self.transport.run(
            self._wrapped(("sh", "-c", scripts.MISSING, "podferry", *sorted(paths)), LOOK_S),
            deadline_s=LOOK_S,
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
