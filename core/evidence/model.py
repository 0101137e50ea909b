"""Evidence: what was observed of an item's containers on one host at one time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from core.podman.traces import FileSeen


class Aspect(StrEnum):
    """A kind of evidence, in the order in which the columns of the matrix stand."""

    STATE = "state"
    IMAGE = "image"
    PROCESSES = "processes"
    SOCKETS = "sockets"
    FILES = "files"
    VOLUMES = "volumes"
    PROBES = "probes"
    RESTARTS = "restarts"
    HEALTH = "health"
    ENV = "env"
    MOUNTS = "mounts"
    LIMITS = "limits"
    NETWORKS = "networks"
    MEMORY = "memory"


class Verdict(StrEnum):
    """How two observations of one kind compare; the worst is the last."""

    NONE = "none"
    """Nothing of the kind was there to observe, or it could not be."""
    SAME = "same"
    EXPECTED = "expected"
    """It differs as a move makes it: a new address, a later number."""
    DIFFERENT = "different"


WORSE = (Verdict.NONE, Verdict.SAME, Verdict.EXPECTED, Verdict.DIFFERENT)


@dataclass(frozen=True, slots=True)
class Process:
    """A process, as far as two hosts can agree on it."""

    name: str
    argv: tuple[str, ...]
    """Secrets masked."""
    depth: int = 0
    """Below the container's first process."""
    lives: bool = True
    lasts: bool = False
    """It has run for nearly as long as its container: what is so is not expected to end."""


@dataclass(frozen=True, slots=True)
class ProbeSeen:
    """What a probe met."""

    ok: bool
    said: str
    """A line for people."""
    number: float | None = None
    """What must not fall. None: the probe asks for none."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One container."""

    name: str
    id: str
    image_id: str
    status: str
    """Podman's word."""
    exit_code: int = 0
    oom_killed: bool = False
    restarts: int = 0
    health: str = ""
    """Empty: it has no healthcheck."""
    up_since_s: float = 0.0
    """When it was started or restored, in Unix time by its host's clock."""
    processes: tuple[Process, ...] | None = None
    """None: they could not be seen, as without root; so is every other None here."""
    listening: tuple[str, ...] | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    """Name to a digest of the value, never the value."""
    mounts: Mapping[str, str] = field(default_factory=dict)
    """Place inside to what is mounted there."""
    limits: Mapping[str, str] = field(default_factory=dict)
    networks: Mapping[str, str] = field(default_factory=dict)
    """Name to address."""
    memory_bytes: int = 0
    files: Mapping[str, FileSeen] | None = None
    """Those that it has changed since its image, by path."""
    volumes: Mapping[str, Mapping[str, FileSeen]] | None = None
    """Name to files by path."""
    probes: Mapping[str, ProbeSeen] = field(default_factory=dict)

    @property
    def running(self) -> bool:
        """Whether Podman says so."""
        return self.status == "running"


@dataclass(frozen=True, slots=True)
class Evidence:
    """An item on one host."""

    host: str
    taken_s: float
    """Unix time of whoever looked."""
    containers: Mapping[str, Seen]
    """By name, infra left out."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One kind of evidence of an item, before and after."""

    aspect: Aspect
    verdict: Verdict
    before: str
    """A line for people; so are the others."""
    after: str
    detail: tuple[str, ...] = ()
    """What differs, a line each."""
