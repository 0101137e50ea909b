"""What is inside a checkpoint archive, as titled lines for the command line and the screen.

Texts are as the archive has them: whoever shows them makes them fit for a terminal.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from core.archive.comparing import Difference
from core.archive.inside import Changed, Inside, Process, Statistics
from core.masking import mask_command
from tui.widgets.sections import Section
from tui.widgets.units import format_bytes, plural

_SYSTEM_TYPES = {"proc", "sysfs", "devpts", "mqueue", "cgroup", "cgroup2"}
_SYSTEM_PATHS = {
    *("/dev", "/dev/shm", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf"),  # noqa: S108
    "/run/.containerenv",
}
_MOST_OPEN = 12
"""Open files per process without --files."""
_MOST_COMMAND = 16 * 1024
"""Characters of a command: the kernel takes longer ones, but nobody reads them."""


def masked(inside: Inside) -> Inside:
    """The same with the secrets masked that stand in command lines."""
    return replace(
        inside,
        command=mask_command(_cut(inside.command)),
        processes=tuple(
            replace(process, arguments=mask_command(process.arguments))
            for process in inside.processes
        ),
    )


def _cut(words: Sequence[str]) -> tuple[str, ...]:
    kept, room = [], _MOST_COMMAND
    for word in words:
        if room <= 0:
            break
        kept.append(word if len(word) <= room else f"{word[:room]}…")
        room -= len(word) + 1
    return tuple(kept)


def sections(inside: Inside, *, files: bool) -> list[Section]:
    """All that is told of an archive; `files`: with each changed and each open file."""
    inside = masked(inside)
    told = [
        Section("Archive", tuple(_pairs(_archive(inside)))),
        Section("Container", tuple(_pairs(_container(inside)))),
        Section("Not read", inside.notes),
        Section("Processes", tuple(_processes(inside.processes))),
        Section("Sockets", tuple(_sockets(inside.processes))),
        Section("Open files", tuple(_open_files(inside.processes, all_of_them=files))),
        Section("Changed files", tuple(_changed(inside, all_of_them=files))),
        Section("Volumes", tuple(_volumes(inside))),
        Section("Mounts", tuple(_mounts(inside))),
        Section("Network", tuple(_network(inside))),
        Section("CRIU statistics", tuple(_pairs(_statistics(inside.statistics)))),
    ]
    return [section for section in told if section.lines]


def difference_lines(differences: Sequence[Difference]) -> list[str]:
    """What is not the same in two archives, a line or three for each."""
    lines = []
    for difference in differences:
        if not difference.first:
            lines.append(f"+ {difference.what}: {difference.second}")
        elif not difference.second:
            lines.append(f"- {difference.what}: {difference.first}")
        else:
            lines.append(f"~ {difference.what}: {difference.first} → {difference.second}")
    return lines


def _pairs(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    shown = [(name, value) for name, value in pairs if value]
    width = max((len(name) for name, _ in shown), default=0)
    for name, value in shown:
        yield f"{name:<{width}}  {value}"


def _archive(inside: Inside) -> Iterator[tuple[str, str]]:
    versions = inside.versions
    yield "file", inside.archive
    yield "size", f"{format_bytes(inside.bytes)}, {inside.packing or 'not packed'}"
    yield "made", inside.checkpointed_at + (f" on {inside.host}" if inside.host else "")
    yield "by", "Podferry" if inside.podferry else "Podman"
    yield "options", ", ".join(inside.options)
    yield "Podman", versions.podman
    yield "CRIU", versions.criu
    yield "kernel", versions.kernel
    yield "processor", versions.arch
    yield "memory", format_bytes(inside.memory_bytes)


def _container(inside: Inside) -> Iterator[tuple[str, str]]:
    yield "name", inside.name
    yield "id", inside.id
    yield "pod", inside.pod
    yield "image", inside.image
    yield "image id", inside.image_id
    yield "runtime", inside.versions.runtime or inside.runtime
    yield "created", inside.created_at
    yield "command", shlex.join(inside.command)
    yield "environment", ", ".join(sorted(inside.environment))


def _processes(processes: Sequence[Process]) -> Iterator[str]:
    pids = max((len(str(process.pid)) for process in processes), default=0)
    depth: dict[int, int] = {}
    for process in processes:
        # Parents come first. Deeper than a terminal is wide shows nothing more.
        depth[process.pid] = min(depth.get(process.ppid, -1) + 1, 20)
        words = [format_bytes(process.memory_bytes)]
        words += [process.state] if process.state != "alive" else []
        words += [plural(process.threads, "thread")] if process.threads > 1 else []
        called = shlex.join(process.arguments) or f"[{process.name}]"
        yield f"{process.pid:>{pids}}  {'  ' * depth[process.pid]}{called}  ({', '.join(words)})"


def _sockets(processes: Sequence[Process]) -> Iterator[str]:
    for process in processes:
        for socket in process.sockets:
            to = f" to {socket.remote}" if socket.remote else ""
            where = f" {socket.local}" if socket.local else ""
            yield f"{socket.protocol} {socket.state}{where}{to}  ({process.pid} {process.name})"


def _open_files(processes: Sequence[Process], *, all_of_them: bool) -> Iterator[str]:
    for process in processes:
        found = [file for file in process.files if file.type == "REG" or all_of_them]
        shown = found if all_of_them else found[:_MOST_OPEN]
        for file in shown:
            yield f"{process.pid} {process.name}  {file.fd}  {file.path}"
        if len(found) > len(shown):
            yield f"{process.pid} {process.name}  and {len(found) - len(shown)} more"


def _changed(inside: Inside, *, all_of_them: bool) -> Iterator[str]:
    written = [changed for changed in inside.changed if changed.how == "written"]
    deleted = len(inside.changed) - len(written)
    if not inside.changed:
        return
    size = format_bytes(sum(changed.bytes for changed in written))
    gone = "what was deleted is not told" if inside.podferry else f"{deleted:,} deleted"
    yield f"{len(written):,} added or changed ({size}), {gone}"
    if all_of_them:
        for changed in inside.changed:
            yield _file(changed)


def _file(changed: Changed) -> str:
    sign = "-" if changed.how == "deleted" else "+"
    size = f"  {format_bytes(changed.bytes)}" if changed.type == "file" else ""
    slash = "/" if changed.type == "folder" else ""
    return f"{sign} {changed.path}{slash}{size}"


def _volumes(inside: Inside) -> Iterator[str]:
    for volume in inside.volumes:
        kept = volume.kept_bytes
        told = "contents not kept" if kept is None else f"{format_bytes(kept)} kept"
        yield f"{volume.name} at {volume.path}, {told}"


def _mounts(inside: Inside) -> Iterator[str]:
    named = {volume.path for volume in inside.volumes}
    for mount in inside.mounts:
        system = mount.type in _SYSTEM_TYPES or mount.path in _SYSTEM_PATHS
        if mount.path not in named and not system:
            yield f"{mount.path}  {mount.type} {mount.source}"


def _network(inside: Inside) -> Iterator[str]:
    seen = {interface.network for interface in inside.interfaces}
    for interface in inside.interfaces:
        addresses = " ".join(interface.addresses)
        yield f"{interface.network}  {interface.name} {addresses} {interface.mac}".rstrip()
    yield from (network for network in inside.networks if network not in seen)
    yield from (f"published {port}" for port in inside.ports)


def _statistics(statistics: Statistics | None) -> Iterator[tuple[str, str]]:
    if statistics:
        yield "freezing", f"{statistics.freezing_us / 1000:.1f} ms"
        yield "frozen", f"{statistics.frozen_us / 1000:.1f} ms"
        yield "memory dump", f"{statistics.memdump_us / 1000:.1f} ms"
        yield "memory write", f"{statistics.memwrite_us / 1000:.1f} ms"
        yield "pages", f"{statistics.pages_scanned:,} scanned, {statistics.pages_written:,} written"
