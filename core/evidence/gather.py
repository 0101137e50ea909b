"""Taking evidence of an item's containers on a host: few round trips, and nothing is changed."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import time
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from core.errors import PodferryError
from core.evidence.model import Evidence, Process, Seen
from core.masking import mask_command
from core.podman.model import Inspection, Thing
from core.podman.onlooker import Onlooker
from core.podman.traces import FileSeen, Proc, Traces

_LASTS_S = 5.0
"""A younger process may be one that comes and goes."""
_LASTS_FRACTION = 0.9
"""Of its container's age: a process that is nearly as old belongs to it."""


class Look(NamedTuple):
    """What was seen at once."""

    evidence: Evidence
    inspected: Mapping[str, Inspection]
    """By ID."""


async def gather(
    engine: Onlooker, ids: Collection[str], names: Mapping[str, str] = MappingProxyType({})
) -> Evidence:
    """Look at containers, by ID, without reading their files. Raises PodferryError.

    `names` tells of an ID that is to be compared with one of another name.
    """
    return (await look(engine, ids, names)).evidence


async def look(
    engine: Onlooker, ids: Collection[str], names: Mapping[str, str] = MappingProxyType({})
) -> Look:
    """As `gather`, with the inspections that it was read from."""
    inspected, traces = await asyncio.gather(
        engine.inspect_all(Thing.CONTAINER, ids), engine.traces(ids)
    )
    seen = [
        read({**i, "Name": names.get(ident, i["Name"])}, traces.get(ident))
        for ident, i in inspected.items()
    ]
    evidence = Evidence(engine.label, time.time(), {s.name: s for s in sorted(seen, key=_name)})
    return Look(evidence, inspected)


def _name(seen: Seen) -> str:
    return seen.name


def read(inspection: Inspection, traces: Traces | None) -> Seen:
    """One container from what its host says of it."""
    state = inspection.get("State") or {}
    config, name = inspection.get("Config") or {}, str(inspection["Name"])
    return Seen(
        name=name,
        id=str(inspection["Id"]),
        image_id=str(inspection.get("Image") or "").removeprefix("sha256:"),
        status=str(state.get("Status") or ""),
        exit_code=int(state.get("ExitCode") or 0),
        oom_killed=bool(state.get("OOMKilled")),
        restarts=int(inspection.get("RestartCount") or 0),
        health=str((state.get("Health") or {}).get("Status") or ""),
        up_since_s=max(_unix(state.get("StartedAt")), _unix(state.get("RestoredAt"))),
        processes=processes(traces.processes) if traces else None,
        listening=traces.listening if traces else None,
        env=_env(config.get("Env") or (), name),
        mounts={str(m["Destination"]): _mount(m) for m in inspection.get("Mounts") or ()},
        limits=_limits(inspection.get("HostConfig") or {}),
        networks=_networks(inspection),
        memory_bytes=traces.memory_bytes if traces else 0,
    )


async def read_files(engine: Onlooker, seen: Seen, like: Seen | None, *, layer: bool) -> Seen:
    """The same with its files digested, and those of `like`; without `layer`, of volumes alone.

    What cannot be read is None.
    """
    names = [place.removeprefix("volume ") for place in seen.mounts.values() if _is_volume(place)]
    before = (like.files if like else None) or {}
    volumes = (like.volumes if like else None) or {}

    async def files() -> Mapping[str, FileSeen] | None:
        return await _digests(engine, Thing.CONTAINER, seen.id, before) if layer else None

    found, *held = await asyncio.gather(
        files(), *(_digests(engine, Thing.VOLUME, name, volumes.get(name, {})) for name in names)
    )
    told = {name: content for name, content in zip(names, held, strict=True) if content is not None}
    return dataclasses.replace(seen, files=found, volumes=told)


def _is_volume(place: str) -> bool:
    return place.startswith("volume ")


async def _digests(
    engine: Onlooker, thing: Thing, name: str, paths: Collection[str]
) -> Mapping[str, FileSeen] | None:
    try:
        return await engine.digests(thing, name, paths)
    except PodferryError:
        return None


def processes(procs: Sequence[Proc]) -> tuple[Process, ...]:
    """A container's processes as a tree, parents first; what `podman exec` started is no part."""
    pids = {proc.pid for proc in procs}
    below: dict[int, list[Proc]] = {}
    for proc in procs:
        below.setdefault(proc.parent if proc.parent in pids else 0, []).append(proc)
    roots = below.get(0, [])
    if not roots:
        return ()
    first = max(roots, key=lambda proc: (proc.age_s, -proc.pid))
    found: list[Process] = []

    def walk(proc: Proc, depth: int) -> None:
        lasts = proc.age_s >= max(_LASTS_S, first.age_s * _LASTS_FRACTION) or proc is first
        found.append(Process(proc.name, mask_command(proc.argv), depth, proc.lives, lasts))
        for child in below.get(proc.pid, ()):
            walk(child, depth + 1)

    walk(first, 0)
    return tuple(found)


def _env(assignments: Sequence[str], container: str) -> Mapping[str, str]:
    told = (str(assignment).partition("=") for assignment in assignments)
    return {
        name: hashlib.sha256(f"{container}\0{name}\0{value}".encode(errors="replace")).hexdigest()[
            :16
        ]
        for name, _, value in told
    }


def _mount(mount: Mapping[str, Any]) -> str:
    kind = str(mount.get("Type") or "bind")
    source = mount.get("Name") if kind == "volume" else mount.get("Source")
    return f"{kind} {source or ''}" + ("" if mount.get("RW", True) else " ro")


_LIMITS = ("Memory", "MemorySwap", "NanoCpus", "CpuQuota", "CpuShares", "CpusetCpus", "PidsLimit")


def _limits(host_config: Mapping[str, Any]) -> Mapping[str, str]:
    found = {key: str(host_config[key]) for key in _LIMITS if host_config.get(key)}
    for limit in host_config.get("Ulimits") or ():
        found[str(limit.get("Name"))] = f"{limit.get('Soft')}:{limit.get('Hard')}"
    return found


def _networks(inspection: Inspection) -> Mapping[str, str]:
    found = (inspection.get("NetworkSettings") or {}).get("Networks") or {}
    return {str(name): str((told or {}).get("IPAddress") or "") for name, told in found.items()}


def _unix(text: Any) -> float:
    """Podman's time, in Unix time; 0 for none. It has more digits than Python reads."""
    try:
        head, _, rest = str(text).partition(".")
        digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
        zone = rest[len(digits) :]
        return datetime.fromisoformat(
            f"{head}.{digits[:6]:0<6}{zone}" if rest else head
        ).timestamp()
    except (ValueError, OverflowError):
        return 0.0
