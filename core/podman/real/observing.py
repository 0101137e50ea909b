"""Looking at a host."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from core.errors import CommandFailed, NoSuchItem, PodferryError
from core.podman.model import (
    Change,
    Details,
    Estate,
    Inside,
    Inspection,
    Inventory,
    PathKind,
    Process,
    Thing,
    Usage,
)
from core.podman.real import probes
from core.podman.real.base import LOOK_S, Base
from core.podman.real.inside import read_inside
from core.podman.real.inventory import read_inventory, read_resident
from core.podman.real.listing import read_estate
from core.podman.real.survey import sections

_OWN_FOLDERS = {"/etc", "/run", "/dev", "/proc", "/sys"}
"""Where Podman makes files of its own in every container, of which it does not tell."""
_SIZES_EVERY_S = 60
_FEW = 16
"""Things that the API inspects: four round trips, and two thirds of what a process would cost."""
_AT_ONCE = 64
"""Things that one podman inspects: ssh takes no command longer than 128 KiB."""
_NAMED = 1000
"""Containers that a script is told: of more, for the same reason, it looks at all there are."""


class Observing(Base):
    """The part of Engine that observes."""

    async def list_first(self) -> Estate:
        """The estate in one round trip, before all that `connect` takes; it can be called after.

        Without sizes, and with times in whole seconds. The API tells no more, but it would first
        have to be found, and podman-py loaded. Where this fails, `connect` tells why.
        """
        if self._socket:
            # It may be another user's Podman.
            await self.connect()
            return await self.estate()
        async with self._connecting:
            await self.transport.open()
        told = await self.transport.run(("sh", "-c", probes.LISTING), deadline_s=LOOK_S)
        found = sections(told.stdout.decode(errors="replace"))
        try:
            containers, pods = (json.loads(found[name]) for name in ("containers", "pods"))
        except (KeyError, ValueError):
            raise CommandFailed("`podman ps` failed", host=self.label) from None
        return read_estate(self.label, containers or (), pods or (), {}, time.time())

    async def estate(self) -> Estate:
        """See Engine."""
        sizes = time.monotonic() - self._sizes_taken > _SIZES_EVERY_S
        looker = self._looker
        containers, pods = await asyncio.gather(
            self._containers(sizes=sizes), self._gate.pods(lambda: looker.get("/pods/json"))
        )
        if sizes:
            self._sizes = {
                c["Id"]: int(c["Size"].get("rwSize") or 0) for c in containers if c.get("Size")
            }
            self._sizes_taken = time.monotonic()
        return read_estate(self.label, containers or (), pods or (), self._sizes, time.time())

    async def _containers(self, *, sizes: bool) -> Any:
        looker = self._looker
        if sizes:
            # One that is removed meanwhile fails the sizes of all: "layer not known".
            with contextlib.suppress(CommandFailed):
                return await looker.get("/containers/json", all=True, size=True)
        return await looker.get("/containers/json", all=True)

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
        seen = await self._look(("sh", "-c", probes.RESIDENT, "podferry", listed(None)))
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
        argv = ("podman", "logs", "--tail", str(log_lines), container_id)
        done = await self._look(argv, deadline_s=10)
        log = done.stdout.decode(errors="replace") + done.stderr
        return Details(inspection, processes, tuple(log.splitlines()[-log_lines:]))

    async def inspect_all(self, thing: Thing, names: Collection[str]) -> Mapping[str, Inspection]:
        """See Engine.

        The API tells of a few for 4 ms of processor each, where a process of podman takes 60 ms
        and 2 for each; but it takes a round trip for each of them and answers four at a time. Of
        many one process tells, as also where the API fails. Pods are always the API's: Podman 4
        inspects but one at a time.
        """
        ordered = sorted(names)
        if thing is Thing.POD:
            each = partial(self._inspect_each, thing, ordered)
            found = await self._gate.pods(each, "inspections")
        else:
            found = await self._inspected(thing, ordered)
        return {name: seen for seen in found if seen for name in _names(seen) if name in names}

    async def _inspected(self, thing: Thing, names: Sequence[str]) -> Sequence[Inspection | None]:
        if len(names) <= _FEW:
            # One that is removed meanwhile may be an error, which is not to hide the others.
            with contextlib.suppress(PodferryError):
                return await self._inspect_each(thing, names)
        parts = [names[at : at + _AT_ONCE] for at in range(0, len(names), _AT_ONCE)]
        told = await asyncio.gather(*(self._inspect_part(thing, part) for part in parts))
        return [inspection for part in told for inspection in part]

    async def _inspect_each(
        self, thing: Thing, names: Sequence[str]
    ) -> Sequence[Inspection | None]:
        looker = self._looker
        return await asyncio.gather(*(looker.inspect(thing, name) for name in names))

    async def _inspect_part(self, thing: Thing, names: Sequence[str]) -> Sequence[Inspection]:
        argv = ("podman", thing.value, "inspect", "--", *names)
        done = await self._look(argv)
        try:
            # What is gone meanwhile fails the command, which tells of the others all the same.
            found = json.loads(done.stdout)
        except ValueError:
            found = None
        if not isinstance(found, list):
            raise CommandFailed(
                f"`podman {thing.value} inspect` failed", host=self.label, detail=done.stderr[-500:]
            )
        return found

    async def inside(self, ids: Collection[str] | None = None) -> Mapping[str, Inside]:
        """See Engine."""
        if ids is not None and not ids:
            return {}
        seen = await self._look(("sh", "-c", probes.INSIDE, "podferry", listed(ids)))
        found = read_inside(seen.stdout.decode(errors="replace"))
        return {ident: held for ident, held in found.items() if ids is None or ident in ids}

    async def inventory(self) -> Inventory:
        """See Engine."""
        looker = self._looker
        room = ("sh", "-c", probes.ROOM, "podferry", self._facts.info.graph_root)
        (
            images,
            volumes,
            secrets,
            pods,
            told,
            (networks, containers, inspected),
        ) = await asyncio.gather(
            looker.get("/images/json", all=True),
            looker.get("/volumes/json"),
            looker.get("/secrets/json"),
            self._gate.pods(lambda: looker.get("/pods/json")),
            self._look(room),
            self._attached(),
        )
        return read_inventory(
            images=images or (),
            networks=networks,
            volumes=volumes or (),
            secrets=secrets or (),
            containers=containers,
            pods=pods or (),
            inspected=inspected,
            room=told.stdout.decode(errors="replace"),
            asked_s=told.started_s + told.seconds / 2,
        )

    async def _attached(self) -> tuple[list[Inspection], list[Inspection], list[Inspection]]:
        """All networks and containers, and inspections of those that no network tells of.

        A network's own inspection tells what is attached to it (since Podman 4.8), which is what
        runs; what a stopped container asked for is only in the container's.
        """
        looker = self._looker
        networks, containers = await asyncio.gather(
            looker.get("/networks/json"), looker.get("/containers/json", all=True)
        )
        asked = (looker.inspect(Thing.NETWORK, str(n["name"])) for n in networks or ())
        detailed = [network for network in await asyncio.gather(*asked) if network]
        complete = any("containers" in network for network in detailed)
        untold = {
            str(c["Id"])
            for c in containers or ()
            if not complete or str(c.get("State")).lower() != "running"
        }
        inspected = await self.inspect_all(Thing.CONTAINER, untold)
        return detailed, containers or [], list(inspected.values())

    async def volume_users(self, names: Collection[str]) -> frozenset[str]:
        """See Engine."""
        if not names:
            return frozenset()
        found = await self._looker.get(
            "/containers/json", all=True, filters={"volume": sorted(names)}
        )
        return frozenset(str(c["Id"]) for c in found or ())

    async def path_kinds(self, paths: frozenset[str]) -> Mapping[str, PathKind]:
        """See Engine."""
        if not paths:
            return {}
        asked = b"".join(path.encode(errors="surrogateescape") + b"\0" for path in sorted(paths))
        done = await self._look(("sh", "-c", probes.PATHS), stdin=asked)
        told = done.stdout.decode(errors="surrogateescape").split("\0")
        return {
            path: PathKind(kind) for kind, _, path in (line.partition(" ") for line in told if line)
        }

    async def changed_files(self, container_id: str) -> frozenset[str]:
        """See Engine."""
        try:
            found = await self._looker.get(f"/containers/{container_id}/changes") or ()
        except CommandFailed:
            # Of one that is removed meanwhile Podman says "layer not known" and seldom 404.
            if await self.inspect(Thing.CONTAINER, container_id) is not None:
                raise
            found = ()
        paths = {str(c["Path"]) for c in found}
        folders = {path.rpartition("/")[0] for path in paths}
        return frozenset(paths - folders - _OWN_FOLDERS)


def listed(ids: Collection[str] | None) -> str:
    """IDs of containers, as the scripts take them; empty for all, as also where they are many."""
    return " ".join(sorted(ids)) if ids is not None and len(ids) <= _NAMED else ""


def _names(inspection: Inspection) -> Iterator[str]:
    for key in ("Id", "Name", "name"):
        if key in inspection:
            yield str(inspection[key]).removeprefix("sha256:")
