"""What the checks say: findings with their fixes, and the verdict that follows from them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from core.podman.model import Route


class Severity(StrEnum):
    """How much a finding matters to a move, worst first."""

    BLOCKED = "blocked"
    """It stands in the way."""
    FLAGS = "flags"
    """The move works with a flag, which the plan then has."""
    LOSS = "loss"
    """The move works, and something is not carried over."""
    NOTE = "note"
    """Worth knowing; the run settles it, or nothing has to be done."""


class Flag(StrEnum):
    """What a checkpoint and its restore need beyond the usual."""

    TCP = "tcp"
    """Open TCP connections: `--tcp-established` at the dump, `--tcp-close` at the restore."""
    FILE_LOCKS = "file-locks"
    """Locked files: `--file-locks` at both."""


class On(StrEnum):
    """Where an act of a fix runs."""

    SOURCE = "source"
    TARGET = "target"


@dataclass(frozen=True, slots=True)
class Run:
    """A command of a fix, exactly as it will run on that host."""

    on: On
    argv: tuple[str, ...]
    stdin: str = ""


class Cargo(StrEnum):
    """What a fix can carry over from the source to the target."""

    IMAGE = "image"
    SECRET = "secret"  # noqa: S105 a kind, no password
    FOLDER = "folder"


@dataclass(frozen=True, slots=True)
class Carry:
    """Something that a fix carries from the source to the target, over the operator's machine."""

    cargo: Cargo
    subject: str
    """Image ID, name of the secret, or path of the folder (the same on both hosts)."""


Act = Run | Carry


@dataclass(frozen=True, slots=True)
class Fix:
    """A change to a host that settles a finding; shown in full before it runs."""

    title: str
    """What it does, such as `create network web on new`."""
    acts: tuple[Act, ...]
    undo: tuple[Run, ...] = ()
    """Empty: it cannot be taken back by commands, and `limits` says what that means."""
    limits: tuple[str, ...] = ()
    """What it does not do, and what it costs, one sentence each."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a check saw."""

    check: str
    """Name of the kind of finding, such as `port-taken`; stable, for scripts."""
    severity: Severity
    what: str
    """One sentence for the operator: what is so and, where something can be done, what to do."""
    host: str = ""
    """Label of the host that it is about; empty if it is about the item alone."""
    item: str = ""
    """Name of the item; empty if it is about the host alone."""
    subject: str = ""
    """The thing in question: a port, a network, a path. Findings of one check, host and subject
    have one cause, and one fix settles them all."""
    cause: str = ""
    """That cause without the item, for a group's heading: `network web is missing`."""
    route: Route | None = None
    """The route that it concerns. None: both."""
    evidence: tuple[str, ...] = ()
    """What was seen, as the host said it."""
    fix: Fix | None = None
    flags: frozenset[Flag] = frozenset()
    """With severity FLAGS: what the move needs."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an item can go by a route, and why not or how."""

    item: str
    route: Route
    findings: tuple[Finding, ...] = field(default=())

    @property
    def blocks(self) -> tuple[Finding, ...]:
        """What stands in the way."""
        return tuple(f for f in self.findings if f.severity is Severity.BLOCKED)

    @property
    def flags(self) -> frozenset[Flag]:
        """What the move needs beyond the usual."""
        return frozenset(flag for f in self.findings for flag in f.flags)

    @property
    def word(self) -> str:
        """`blocked`, `ready with flags` or `ready`."""
        if self.blocks:
            return "blocked"
        return "ready with flags" if self.flags else "ready"


@dataclass(frozen=True, slots=True)
class Group:
    """Findings that have one cause."""

    findings: tuple[Finding, ...]

    @property
    def first(self) -> Finding:
        """One of them, for all that they have in common."""
        return self.findings[0]

    @property
    def severity(self) -> Severity:
        """The worst of theirs."""
        return min((f.severity for f in self.findings), key=list(Severity).index)

    @property
    def items(self) -> tuple[str, ...]:
        """Names of the items that it concerns, each once; empty for a host's own."""
        return tuple(dict.fromkeys(f.item for f in self.findings if f.item))

    @property
    def fix(self) -> Fix | None:
        """What settles all of them."""
        return next((f.fix for f in self.findings if f.fix), None)


def grouped(findings: Iterable[Finding]) -> tuple[Group, ...]:
    """Findings by cause: worst first, then those that concern most items."""
    groups: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.check, finding.host, finding.subject), []).append(finding)
    order = list(Severity)
    made = [Group(tuple(members)) for members in groups.values()]
    return tuple(sorted(made, key=lambda g: (order.index(g.severity), -len(g.items))))
