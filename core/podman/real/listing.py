"""Podman's REST listings, parsed into the model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from core.podman.model import Container, Estate, Item, Kind, Port, State

_STATES = {
    "running": State.RUNNING,
    "paused": State.PAUSED,
    "created": State.CREATED,
    "configured": State.CREATED,
    "initialized": State.CREATED,
    "exited": State.EXITED,
    "stopped": State.EXITED,
    "stopping": State.RUNNING,
    "degraded": State.DEGRADED,
}

Listed = Mapping[str, Any]


def read_estate(
    host: str,
    containers: Sequence[Listed],
    pods: Sequence[Listed],
    sizes: Mapping[str, int],
    taken_s: float,
) -> Estate:
    """An estate from /containers/json?all=true and /pods/json."""
    members: dict[str, list[Container]] = {}
    infra: dict[str, Listed] = {}
    singles: list[Item] = []
    for entry in containers:
        pod_id = str(entry.get("Pod") or "")
        if entry.get("IsInfra"):
            infra[pod_id] = entry
            continue
        container = read_container(entry, sizes)
        if pod_id:
            members.setdefault(pod_id, []).append(container)
        else:
            singles.append(_single(container))
    items = [_pod(pod, members.get(pod["Id"], []), infra.get(pod["Id"], {})) for pod in pods]
    items.sort(key=lambda item: item.name)
    singles.sort(key=lambda item: item.name)
    return Estate(host, (*items, *singles), taken_s)


def read_container(entry: Listed, sizes: Mapping[str, int]) -> Container:
    """One entry of /containers/json."""
    ident = str(entry["Id"])
    return Container(
        id=ident,
        name=str((entry.get("Names") or [ident[:12]])[0]),
        image=str(entry.get("Image") or ""),
        image_id=str(entry.get("ImageID") or ""),
        state=_STATES.get(str(entry.get("State") or "").lower(), State.UNKNOWN),
        created_s=unix_time(entry.get("Created")),
        started_s=unix_time(entry.get("StartedAt")),
        exit_code=int(entry.get("ExitCode") or 0),
        pid=int(entry.get("Pid") or 0),
        command=tuple(map(str, entry.get("Command") or ())),
        pod_id=str(entry.get("Pod") or ""),
        labels=dict(entry.get("Labels") or {}),
        ports=tuple(read_ports(entry.get("Ports") or ())),
        networks=tuple(entry.get("Networks") or ()),
        mounts=tuple(map(str, entry.get("Mounts") or ())),
        size_bytes=sizes.get(ident),
        auto_remove=bool(entry.get("AutoRemove")),
    )


def read_ports(entries: Iterable[Listed]) -> Iterable[Port]:
    """Published ports; a range is told as its single ports."""
    for entry in entries:
        for offset in range(int(entry.get("range") or 1)):
            for protocol in str(entry.get("protocol") or "tcp").split(","):
                yield Port(
                    host_port=int(entry.get("host_port") or 0) + offset,
                    container_port=int(entry.get("container_port") or 0) + offset,
                    protocol=protocol,
                    host_ip=str(entry.get("host_ip") or ""),
                )


def unix_time(value: Any) -> float:
    """Unix time from a number or an RFC 3339 text; 0.0 for never."""
    if isinstance(value, int | float):
        return max(0.0, float(value))
    try:
        return max(0.0, datetime.fromisoformat(str(value)).timestamp())
    except (ValueError, OverflowError):
        return 0.0


def _single(container: Container) -> Item:
    return Item(
        kind=Kind.CONTAINER,
        id=container.id,
        name=container.name,
        state=container.state,
        containers=(container,),
        created_s=container.created_s,
        labels=container.labels,
        ports=container.ports,
        networks=container.networks,
    )


def _pod(pod: Listed, containers: list[Container], infra: Listed) -> Item:
    containers.sort(key=lambda c: (c.created_s, c.name))
    return Item(
        kind=Kind.POD,
        id=str(pod["Id"]),
        name=str(pod.get("Name") or ""),
        state=_pod_state(containers, infra),
        containers=tuple(containers),
        created_s=unix_time(pod.get("Created")),
        labels=dict(pod.get("Labels") or {}),
        ports=tuple(read_ports(infra.get("Ports") or ())),
        networks=tuple(pod.get("Networks") or infra.get("Networks") or ()),
        infra_id=str(pod.get("InfraId") or ""),
    )


def _pod_state(containers: Sequence[Container], infra: Listed) -> State:
    """From its containers: Podman's own word may be older than they are (see PodGate)."""
    states = {c.state for c in containers} or {
        _STATES.get(str(infra.get("State") or "").lower(), State.CREATED)
    }
    if len(states) == 1:
        return states.pop()
    if State.RUNNING in states:
        return State.DEGRADED
    return State.EXITED if State.EXITED in states else State.UNKNOWN
