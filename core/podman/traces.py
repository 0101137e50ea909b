"""What a host tells of a container as evidence: its processes, its files, its answers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Proc:
    """A process of a container."""

    pid: int
    """As the host counts."""
    parent: int
    name: str
    """As the kernel shortens it, to 15 bytes."""
    argv: tuple[str, ...]
    """Empty where it shows none, such as a zombie."""
    state: str
    """The letter of proc_pid_stat(5): R, S, D, T, Z ..."""
    age_s: float

    @property
    def lives(self) -> bool:
        """Whether it is neither dead nor stopped."""
        return self.state not in ("Z", "X", "x", "T")


@dataclass(frozen=True, slots=True)
class Traces:
    """What the processes of a running container are and hold."""

    processes: tuple[Proc, ...] = ()
    memory_bytes: int = 0
    """Resident, of all of them together."""
    listening: tuple[str, ...] = ()
    """TCP sockets, as `Inside` tells them."""


@dataclass(frozen=True, slots=True)
class FileSeen:
    """A regular file at one instant."""

    digest: str
    """SHA-256 in hex; of its first and last MiB if it is above 8 MiB. Empty: there is no file."""
    size_bytes: int
    changed_s: float
    """When its contents were last written, in Unix time by its host's clock, read afterwards; where
    there is no file, when the folder was changed that would hold it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command in a container said."""

    exit_code: int
    output: str
    """stdout and stderr, cut to `ANSWER_BYTES`."""


ANSWER_BYTES = 64 * 1024
"""As much of an answer as anybody looks at."""
MOST_FILES = 2000
"""Files of one container or volume that are digested; of more, a sample that all hosts agree on."""
