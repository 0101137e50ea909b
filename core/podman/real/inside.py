"""What the processes of containers hold: the answers of the INSIDE script, parsed."""

from __future__ import annotations

import ipaddress
import re
import stat
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from core.podman.model import Inside
from core.podman.real.survey import sections

_NO_FILE = re.compile(r"/(memfd:|SYSV|dev/zero |\[aio\]|anon_hugepage|proc/)")
"""Memory and the like, which /proc tells as deleted files."""
_DELETED = " (deleted)"
LISTENS, _BEING_MADE, _UNACCEPTED = "0A", ("02", "03"), ("01", "03")
_CONNECTED = ("01", "04", "05", "08", "09", "0B")
"""States that CRIU dumps as a connection (can_dump_inet_sk): established, and being closed."""
_BLOCK = 512
"""Bytes in what stat calls a block."""


@dataclass(frozen=True, slots=True)
class TcpSocket:
    """A row of a table of TCP."""

    netns: str
    local: str
    remote: str
    state: str
    inode: str
    """`0`: no process has it."""

    def __str__(self) -> str:
        return f"{self.local} {self.remote}"


@dataclass(slots=True)
class _Container:
    pids: list[str] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)
    """`PID/fd/N` or `PID/map_files/RANGE` to what it leads to."""


@dataclass(frozen=True, slots=True)
class _Host:
    """What the script tells beside the containers' files."""

    tcp: tuple[TcpSocket, ...]
    netns: Mapping[str, str]
    """Process to its network namespace."""
    peers: Mapping[str, str]
    """Inode of a Unix socket to that of its peer."""
    unix_names: Mapping[str, str]
    """Inode of a Unix socket to the path that it is bound to."""
    nodes: Mapping[str, tuple[int, int, int]]
    """`PID/fd/N` to mode, number of names and blocks."""
    locks: frozenset[str]
    """`PID/fd/N` of locked files."""
    mounts: Mapping[str, tuple[tuple[str, str], ...]]
    """Process to (mount point, peer group) of shared mounts; the host's under `""`."""
    status: Mapping[str, Mapping[str, str]]


def read_inside(output: str) -> Mapping[str, Inside]:
    """Container ID to what its processes hold, from the INSIDE script's output."""
    found = sections(output)
    containers: dict[str, _Container] = {}
    owner: dict[str, _Container] = {}
    for pid, ident in re.findall(
        r"(?m)^(\d+)/cgroup:.*?libpod-([0-9a-f]{64})", found.get("cgroup", "")
    ):
        owner[pid] = containers.setdefault(ident, _Container())
        owner[pid].pids.append(pid)
    for path, target in (*_open(found.get("fds", "")), *_mapped(found.get("maps", ""))):
        if container := owner.get(path.partition("/")[0]):
            container.links[path] = target
    host = _read_host(found)
    return {ident: _inside(container, host) for ident, container in containers.items()}


def _inside(container: _Container, host: _Host) -> Inside:
    links = container.links
    held = {t[8:-1] for t in links.values() if t.startswith("socket:[")}
    tcp = [s for s in host.tcp if s.inode in held]
    doors = {_door(s) for s in tcp if s.state == LISTENS}
    first = _first(container.pids, host.status)
    groups = {group for _, group in host.mounts.get("", ())}
    return Inside(
        listening=_sorted(s.local for s in tcp if s.state == LISTENS),
        established=_sorted(str(s) for s in tcp if s.state in _CONNECTED),
        in_flight=_sorted(
            str(s)
            for s in host.tcp
            if (s in tcp and s.state in _BEING_MADE)
            or (s.inode == "0" and s.state in _UNACCEPTED and _door(s) in doors)
        ),
        locked=_sorted(_named(links[path]) for path in host.locks if path in links),
        deleted=dict(_deleted(links, host.nodes)),
        unix_outside=_sorted(
            host.unix_names.get(peer) or host.unix_names.get(inode) or f"socket:[{inode}]"
            for inode, peer in host.peers.items()
            if inode in held and peer not in held
        ),
        devices=_sorted(
            _named(target)
            for path, target in links.items()
            if path in host.nodes and _is_device(host.nodes[path][0])
        ),
        anonymous=frozenset(
            target.removeprefix("anon_inode:").strip("[]")
            for target in links.values()
            if target.startswith("anon_inode:")
        ),
        shared_mounts=_sorted(
            point for point, group in host.mounts.get(first, ()) if group in groups
        ),
        program=host.status.get(first, {}).get("Name", ""),
    )


def _door(socket: TcpSocket) -> tuple[str, str]:
    """Where a connection comes in: one that is not accepted yet is still the listener's."""
    return socket.netns, socket.local.rpartition(":")[2]


def _deleted(
    links: Mapping[str, str], nodes: Mapping[str, tuple[int, int, int]]
) -> Iterator[tuple[str, int]]:
    for path, target in links.items():
        mode, names, blocks = nodes.get(path, (0, 1, 0))
        is_ghost = target.endswith(_DELETED) and stat.S_ISREG(mode) and names == 0
        if is_ghost and not _NO_FILE.match(target):
            yield _named(target), blocks * _BLOCK


def _first(pids: list[str], status: Mapping[str, Mapping[str, str]]) -> str:
    """The process that started the others; those of `podman exec` come after it."""

    def place(pid: str) -> tuple[bool, bool, int]:
        said = status.get(pid, {})
        is_init = said.get("NSpid", "").split()[-1:] == ["1"]
        return not is_init, said.get("PPid") in pids, int(pid)

    return min(pids, key=place)


def _named(target: str) -> str:
    return target.removesuffix(_DELETED)


def _is_device(mode: int) -> bool:
    return stat.S_ISCHR(mode) or stat.S_ISBLK(mode)


def _sorted(texts: Iterator[str]) -> tuple[str, ...]:
    return tuple(sorted(set(texts)))


# The sections of the script.


def _read_host(found: Mapping[str, str]) -> _Host:
    netns = dict(re.findall(r"(?m) (\d+)/ns/net -> (\S+)$", found.get("netns", "")))
    unix = re.findall(
        r"(?m)^u_\w+\s+\S+\s+\d+\s+\d+\s+(\S.*?)\s(\d+)\s+\S.*?\s(\d+)\s*$", found.get("unix", "")
    )
    status: dict[str, dict[str, str]] = {}
    for pid, key, value in re.findall(r"(?m)^(\d+)/status:(\w+):\s*(.*)$", found.get("status", "")):
        status.setdefault(pid, {})[key] = value
    return _Host(
        tcp=tuple(tcp_sockets(found.get("tcp", ""), netns)),
        netns=netns,
        peers={inode: peer for _, inode, peer in unix if peer != "0"},
        unix_names={inode: name for name, inode, _ in unix if name != "*"},
        nodes={
            path: (int(mode, 16), int(names), int(blocks))
            for path, mode, names, blocks in re.findall(
                r"(?m)^(\d+/\S+) ([0-9a-f]+) (\d+) (\d+)$", found.get("stat", "")
            )
        },
        locks=frozenset(
            f"{pid}/fd/{number}"
            for pid, number in re.findall(r"(?m)^(\d+)/fdinfo/(\d+):lock:", found.get("locks", ""))
        ),
        mounts=_shared(found.get("mounts", "")),
        status=status,
    )


def _open(listing: str) -> Iterator[tuple[str, str]]:
    folder = ""
    for line in listing.splitlines():
        if match := re.fullmatch(r"(\d+/fd):", line):
            folder = match[1]
        elif match := re.match(r"l\S+ .*? (\d+) -> (.*)", line):
            yield f"{folder}/{match[1]}", match[2]


def _mapped(maps: str) -> Iterator[tuple[str, str]]:
    """Mapped files: their names are the seventh column of maps."""
    for pid, area, name in re.findall(r"(?m)^(\d+)/maps:(\S+)(?: +\S+){4} +(\S.*)$", maps):
        yield f"{pid}/map_files/{area}", name


def tcp_sockets(
    tables: str, netns: Mapping[str, str] = MappingProxyType({})
) -> Iterator[TcpSocket]:
    """Rows of /proc/PID/net/tcp and tcp6 (proc_net_tcp in the kernel's docs)."""
    for line in tables.splitlines():
        path, _, row = line.partition(":")
        words = row.split()
        if len(words) > 9 and re.fullmatch(r"\d+:", words[0]):
            yield TcpSocket(
                netns=netns.get(path.partition("/")[0], ""),
                local=_address(words[1]),
                remote=_address(words[2]),
                state=words[3],
                inode=words[9],
            )


def _address(text: str) -> str:
    """`0100007F:1F98` as 127.0.0.1:8088: 32-bit words in the byte order of the host."""
    words, _, port = text.partition(":")
    raw = b"".join(
        struct.pack("<I", int(words[place : place + 8], 16)) for place in range(0, len(words), 8)
    )
    address = ipaddress.ip_address(raw)
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or address
    shown = f"[{address}]" if address.version == 6 else str(address)
    return f"{shown}:{int(port, 16)}"


def _shared(tables: str) -> Mapping[str, tuple[tuple[str, str], ...]]:
    """Shared mounts in mountinfo (proc_pid_mountinfo(5)), whose spaces are written as octals."""
    found: dict[str, list[tuple[str, str]]] = {}
    for pid, point, group in re.findall(
        r"(?m)^(?:(\d+)/mountinfo:)?\d+ \d+ \S+ \S+ (\S+) .*?\bshared:(\d+)", tables
    ):
        plain = re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), point)
        found.setdefault(pid, []).append((plain, group))
    return {pid: tuple(mounts) for pid, mounts in found.items()}
