"""What is told about an item: titled lists of lines, made from what Podman says of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from core.checks.model import Finding, Severity
from core.masking import mask_command, mask_text, mask_variable
from core.podman.model import Container, Details, Inspection, Item, Process
from tui.screens.estate.rows import container_state_text
from tui.widgets.sections import Section
from tui.widgets.severity import SIGNS
from tui.widgets.text import clean
from tui.widgets.units import format_bytes, format_seconds

_LOG_TITLE = "Last log lines"
_FRACTION = re.compile(r"\.\d+s$")
"""Podman tells how long a process has run to the nanosecond."""


def pod_sections(pod: Item) -> list[Section]:
    """About a pod, from the listing alone."""
    width = max((len(c.name) for c in pod.containers), default=0)
    containers = [
        f"{clean(c.name):<{width}}  {container_state_text(c):<12} {clean(c.image)}"
        for c in pod.containers
    ]
    return _told(
        Section("Pod", tuple(_pairs(_identity(pod.id, pod.name, pod.state)))),
        Section("Containers", tuple(containers)),
        Section("Ports", tuple(map(str, pod.ports))),
        Section("Networks", tuple(map(clean, pod.networks))),
        Section("Labels", tuple(_labels(pod.labels))),
    )


def findings_section(findings: Sequence[Finding]) -> list[Section]:
    """What the checks say of the item, the worst first; nothing without findings."""
    order = list(Severity)
    lines = [
        f"{SIGNS[f.severity]} {f'by {f.route}: ' if f.route else ''}{clean(f.what)}"
        for f in sorted(findings, key=lambda f: order.index(f.severity))
    ]
    return _told(Section("Findings", tuple(lines)))


def container_sections(container: Container, details: Details, now_s: float) -> list[Section]:
    """About a container, from its inspection, its processes and its log."""
    seen = details.inspection
    config = _part(seen, "Config")
    return _told(
        Section("Container", tuple(_pairs(_facts(container, seen, now_s)))),
        Section("Processes", tuple(_processes(details.processes))),
        Section("Ports", tuple(map(str, container.ports))),
        Section("Networks", tuple(_networks(seen))),
        Section("Mounts", tuple(_mounts(seen))),
        Section("Environment", tuple(_environment(config))),
        Section("Labels", tuple(_labels(container.labels))),
        Section(_LOG_TITLE, tuple(clean(mask_text(line)) for line in details.log_tail)),
    )


def _told(*sections: Section) -> list[Section]:
    return [s for s in sections if s.lines]


def _pairs(pairs: Iterable[tuple[str, str]]) -> Iterable[str]:
    shown = [(name, value) for name, value in pairs if value]
    width = max((len(name) for name, _ in shown), default=0)
    return [f"{name:<{width}}  {clean(value)}" for name, value in shown]


def _identity(full_id: str, name: str, state: str) -> list[tuple[str, str]]:
    return [("name", name), ("id", full_id), ("state", state)]


def _facts(container: Container, seen: Inspection, now_s: float) -> list[tuple[str, str]]:
    state, config = _part(seen, "State"), _part(seen, "Config")
    policy = _part(_part(seen, "HostConfig"), "RestartPolicy")
    health = _part(state, "Health") or _part(state, "Healthcheck")
    size = container.size_bytes
    running = f" for {format_seconds(now_s - container.started_s)}" if container.pid else ""
    return [
        *_identity(container.id, container.name, container_state_text(container) + running),
        ("health", str(health.get("Status") or "")),
        ("image", container.image),
        ("image id", container.image_id),
        ("command", " ".join(mask_command(container.command))),
        ("user", str(config.get("User") or "")),
        ("restart", str(policy.get("Name") or "no")),
        ("runtime", str(seen.get("OCIRuntime") or "")),
        ("writes", format_bytes(size) if size is not None else ""),
    ]


def _processes(processes: Sequence[Process]) -> list[str]:
    if not processes:
        return []
    pids = max(len(p.pid) for p in processes)
    users = max(len(p.user) for p in processes)
    ages = [_FRACTION.sub("s", p.elapsed) for p in processes]
    width = max(map(len, ages))
    return [
        clean(f"{p.pid:>{pids}}  {p.user:<{users}}  {age:>{width}}  {mask_text(p.command)}")
        for p, age in zip(processes, ages, strict=True)
    ]


def _networks(seen: Inspection) -> list[str]:
    networks = _part(_part(seen, "NetworkSettings"), "Networks")
    return [
        clean(f"{name}  {address}".rstrip())
        for name, network in networks.items()
        for address in [str(network.get("IPAddress") or "") if isinstance(network, dict) else ""]
    ]


def _mounts(seen: Inspection) -> list[str]:
    mounts = seen.get("Mounts") or []
    lines = []
    for mount in mounts if isinstance(mounts, list) else []:
        what = mount.get("Name") or mount.get("Source") or ""
        mode = "" if mount.get("RW", True) else "  read-only"
        lines.append(clean(f"{mount.get('Destination')}  {mount.get('Type')} {what}{mode}"))
    return lines


def _environment(config: Mapping[str, Any]) -> list[str]:
    variables = config.get("Env") or []
    return sorted(clean(mask_variable(str(v))) for v in variables)


def _labels(labels: Mapping[str, str]) -> list[str]:
    return sorted(clean(mask_variable(f"{name}={value}")) for name, value in labels.items())


def _part(whole: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """An object inside an object; empty where Podman says null."""
    part = whole.get(key)
    return part if isinstance(part, dict) else {}
