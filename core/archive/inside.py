"""What is inside a checkpoint archive, as values. Their names are those of `inspect --json`."""

from __future__ import annotations

from dataclasses import dataclass

from core.archive.sidecar import Versions


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A file descriptor of a process."""

    fd: int
    type: str
    """CRIU's word for it: REG, PIPE, INETSK, UNIXSK and so on."""
    path: str
    """Of a file or a named socket; else what tells one from the next, such as `pipe[17]`."""


@dataclass(frozen=True, slots=True)
class Socket:
    """A socket that a process holds."""

    fd: int
    protocol: str
    """tcp, udp, unix, or the family's number."""
    state: str
    """listening, established, closing, or `open` for what has no state."""
    local: str
    """Address and port, or a path; `@name` for one in the abstract namespace."""
    remote: str = ""


@dataclass(frozen=True, slots=True)
class Process:
    """A process at the moment of the checkpoint."""

    pid: int
    """In the container's own numbering."""
    ppid: int
    """0 for the first one."""
    name: str
    state: str
    """alive, stopped, zombie or unknown."""
    threads: int
    arguments: tuple[str, ...]
    """As in its memory; empty when they were not found there."""
    environment: int | None
    """How many variables, never their values; None when they were not found."""
    memory_bytes: int
    """Of its memory that is in the archive."""
    folder: str
    files: tuple[OpenFile, ...]
    sockets: tuple[Socket, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """A file of the container that is not as in the image."""

    path: str
    how: str
    """`written` (added or changed) or `deleted`."""
    type: str
    """file, folder, symlink, or other."""
    bytes: int


@dataclass(frozen=True, slots=True)
class Volume:
    """A named volume of the container."""

    name: str
    path: str
    """Where the container has it."""
    kept_bytes: int | None
    """Of its contents in the archive or beside it; None when they were not kept."""


@dataclass(frozen=True, slots=True)
class Mount:
    """A mount of the container."""

    path: str
    type: str
    source: str


@dataclass(frozen=True, slots=True)
class Interface:
    """Its place in a network."""

    network: str
    name: str
    addresses: tuple[str, ...]
    mac: str


@dataclass(frozen=True, slots=True)
class Statistics:
    """What CRIU measured of the dump (images/stats.proto)."""

    freezing_us: int
    frozen_us: int
    memdump_us: int
    memwrite_us: int
    pages_scanned: int
    pages_written: int


@dataclass(frozen=True, slots=True)
class Inside:
    """All that an archive tells without being restored."""

    archive: str
    bytes: int
    packing: str
    """gzip, zstd, bzip2, xz, or empty."""
    podferry: bool
    """Podferry made it: with all changed files, volumes beside it."""
    name: str
    id: str
    pod: str
    image: str
    image_id: str
    runtime: str
    command: tuple[str, ...]
    """As it was created."""
    created_at: str
    checkpointed_at: str
    host: str
    """Where it was made, as noted beside it."""
    versions: Versions
    options: tuple[str, ...]
    environment: tuple[str, ...]
    """Names of the variables that it was created with, never their values."""
    ports: tuple[str, ...]
    networks: tuple[str, ...]
    interfaces: tuple[Interface, ...]
    mounts: tuple[Mount, ...]
    volumes: tuple[Volume, ...]
    processes: tuple[Process, ...]
    """Parents before children."""
    memory_bytes: int
    files_bytes: int
    """Of the changed files, as they are packed in it."""
    changed: tuple[Changed, ...]
    statistics: Statistics | None
    notes: tuple[str, ...]
    """What could not be read, and why."""
