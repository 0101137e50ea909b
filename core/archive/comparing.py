"""Two archives of one container, told apart: a pure function of what is inside both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from core.archive.inside import Inside, Process


@dataclass(frozen=True, slots=True)
class Difference:
    """What is not the same in both."""

    what: str
    """Such as `image` or `process 7 memory`."""
    first: str
    """Empty where only the second has it."""
    second: str


def compare(first: Inside, second: Inside) -> tuple[Difference, ...]:
    """All differences, in the order in which an archive is told."""
    return tuple(_all(first, second))


def _all(first: Inside, second: Inside) -> Iterator[Difference]:
    for what in ("name", "id", "image", "image_id", "runtime", "pod", "host", "checkpointed_at"):
        yield from _text(what.replace("_", " "), getattr(first, what), getattr(second, what))
    for what in ("podman", "criu", "runtime", "kernel", "arch"):
        old, new = getattr(first.versions, what), getattr(second.versions, what)
        yield from _text(f"version of {what}", old, new)
    yield from _text("command", " ".join(first.command), " ".join(second.command))
    for what in ("options", "environment", "ports", "networks"):
        old, new = getattr(first, what), getattr(second, what)
        yield from _sets(what, old, new)
    yield from _sets("address", _addresses(first), _addresses(second))
    yield from _sets(
        "mount",
        (f"{m.path} ({m.type} {m.source})" for m in first.mounts),
        (f"{m.path} ({m.type} {m.source})" for m in second.mounts),
    )
    yield from _tables(
        "volume",
        {v.name: f"{v.path}, {v.kept_bytes or 0} bytes kept" for v in first.volumes},
        {v.name: f"{v.path}, {v.kept_bytes or 0} bytes kept" for v in second.volumes},
    )
    yield from _processes(first, second)
    yield from _tables("file", _files(first), _files(second))


def _processes(first: Inside, second: Inside) -> Iterator[Difference]:
    old, new = ({p.pid: p for p in inside.processes} for inside in (first, second))
    for pid in sorted(old.keys() | new.keys()):
        one, other = old.get(pid), new.get(pid)
        if one is None or other is None:
            yield Difference(f"process {pid}", _called(one), _called(other))
            continue
        yield from _text(f"process {pid}", _called(one), _called(other))
        yield from _text(f"process {pid} state", one.state, other.state)
        yield from _text(f"process {pid} threads", str(one.threads), str(other.threads))
        yield from _text(f"process {pid} memory", str(one.memory_bytes), str(other.memory_bytes))
        yield from _sets(f"process {pid} socket", _sockets(one), _sockets(other))
        yield from _sets(
            f"process {pid} open file",
            (f"{f.fd} {f.path}" for f in one.files if f.type == "REG"),
            (f"{f.fd} {f.path}" for f in other.files if f.type == "REG"),
        )


def _called(process: Process | None) -> str:
    return " ".join(process.arguments) or process.name if process else ""


def _sockets(process: Process) -> Iterator[str]:
    for socket in process.sockets:
        to = f" to {socket.remote}" if socket.remote else ""
        yield f"{socket.protocol} {socket.state} {socket.local}{to}"


def _addresses(inside: Inside) -> Iterator[str]:
    for interface in inside.interfaces:
        for address in interface.addresses:
            yield f"{interface.network} {address} {interface.mac}"


def _files(inside: Inside) -> dict[str, str]:
    return {
        changed.path: f"{changed.type} {changed.how}, {changed.bytes} bytes"
        for changed in inside.changed
    }


def _text(what: str, old: str, new: str) -> Iterator[Difference]:
    if old != new:
        yield Difference(what, old, new)


def _sets(what: str, old: Iterable[str], new: Iterable[str]) -> Iterator[Difference]:
    before, after = set(old), set(new)
    for name in sorted(before - after):
        yield Difference(what, name, "")
    for name in sorted(after - before):
        yield Difference(what, "", name)


def _tables(what: str, old: dict[str, str], new: dict[str, str]) -> Iterator[Difference]:
    for name in sorted(old.keys() | new.keys()):
        yield from _text(f"{what} {name}", old.get(name, ""), new.get(name, ""))
