"""The plan: marks made concrete as ordered steps per item, as pure data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from core.checks.model import Flag
from core.podman.model import Kind, Route
from core.podman.options import PlayOptions

Marks = Mapping[str, Route]
"""Item name to the route that the operator chose."""


class StepKind(StrEnum):
    """What a step does; the words that screens and logs use."""

    STAGE_IMAGE = "stage image"
    MAKE_NETWORK = "make network"
    MAKE_VOLUME = "make volume"
    DISARM = "disarm restart"
    MAKE_POD = "make pod"
    DUMP = "dump"
    STOP = "stop"
    FIRST_PASS = "first pass of volume"  # noqa: S105
    """While it may change."""
    COPY_VOLUME = "copy volume"
    """What the first pass has not brought, when nothing changes it any more."""
    RESTORE = "restore"
    PLAY = "play"
    RENAME = "rename"
    START = "start"
    """Of a played pod, what ran before; play would start the rest, too."""
    REARM = "set restart policy"
    PROBE = "probe"
    SET_ASIDE = "set aside volume"
    REMOVE_OLD = "remove old copy"
    START_OLD = "start old copy"


@dataclass(frozen=True, slots=True)
class PlannedCommand:
    """A command that a step will run, for the operator to read beforehand."""

    host: str
    argv: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One effect of a run on one subject."""

    kind: StepKind
    subject: str
    """Name of the container, pod, network or volume, or the ID of the image."""
    commands: tuple[PlannedCommand, ...] = ()
    label: str = ""
    """What to call the subject on screen, when the subject is an ID."""
    names: tuple[str, ...] = ()
    """Of an image: the names under which its containers know it."""
    estimated_bytes: int = 0
    """What it moves, as far as that is known beforehand."""
    value: str = ""
    """What the step sets, such as a restart policy or a new name."""

    @property
    def title(self) -> str:
        """Such as `dump web`."""
        return f"{self.kind} {self.label or self.subject}"


@dataclass(frozen=True, slots=True)
class ItemPlan:
    """How one item will move."""

    name: str
    id: str
    kind: Kind
    route: Route
    steps: tuple[Step, ...] = ()
    losses: tuple[str, ...] = ()
    """What the route cannot carry over, one sentence each."""
    blocks: tuple[str, ...] = ()
    """Why it cannot move; such an item has no steps."""
    estimated_bytes: int = 0
    estimated_downtime_s: float = 0.0
    kube_yaml: str = ""
    """The repaired YAML, for the kube route."""
    generated_yaml: str = ""
    """The YAML as Podman generated it, to show the repair as a diff."""
    play: PlayOptions | None = None
    """How to play the YAML."""
    containers: tuple[str, ...] = ()
    """Names of its containers that ran on the source when the plan was made."""
    container_ids: tuple[str, ...] = ()
    was_running: bool = True
    """Whether it ran on the source when the plan was made; it is left as it was."""
    flags: frozenset[Flag] = frozenset()
    """What its checkpoint and restore need beyond the usual."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run will do, in the order in which it begins."""

    source: str
    target: str
    items: tuple[ItemPlan, ...]
    way_back: bool = False
    """The items return to copies that they left behind."""

    @property
    def ready(self) -> tuple[ItemPlan, ...]:
        """The items that can move."""
        return tuple(i for i in self.items if not i.blocks)

    @property
    def blocked(self) -> tuple[ItemPlan, ...]:
        """The items that cannot."""
        return tuple(i for i in self.items if i.blocks)
