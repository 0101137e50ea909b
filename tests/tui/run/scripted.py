"""A run whose events a test pushes, and an estate to run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from core.migrate.events import (
    CameUp,
    Cancel,
    CommandRan,
    Event,
    ItemEnded,
    ItemResult,
    ItemStarted,
    Note,
    Outcome,
    Progress,
    RunEnded,
    RunStarted,
    StepEnded,
    StepOutcome,
    StepStarted,
    WentDown,
)
from core.plan.model import ItemPlan, Plan, PlannedCommand, Step, StepKind
from core.podman.model import Kind, Route
from core.podman.outcomes import CommandRecord

T0 = 1_750_000_000.0
"""When scripted runs begin, in Unix time."""

MIB = 1024 * 1024

HOSTILE = "a[/x][red]\x1b[2J\nb"
"""A name that would break markup, the terminal and a line."""


class Clock:
    """The time, as the test says it is."""

    def __init__(self, now_s: float = T0) -> None:
        self.now_s = now_s

    def __call__(self) -> float:
        return self.now_s


class ScriptedRun:
    """Satisfies RunFeed: tells what `push` is given, and ends with `finish` or `fail`."""

    def __init__(self, plan: Plan, run_id: str = "r7k2", *, outlives: bool = True) -> None:
        self.outlives = outlives
        self.run_id = run_id
        self.plan = plan
        self.told: list[Cancel] = []
        self.events: list[Event] = []
        self.subscribers: list[Callable[[Event], None]] = []
        self.begun = False
        self._end = asyncio.Event()
        self._results: tuple[ItemResult, ...] = ()
        self._error: Exception | None = None

    def subscribe(self, callback: Callable[[Event], None]) -> Callable[[], None]:
        for event in self.events:
            callback(event)
        self.subscribers.append(callback)
        return lambda: self.subscribers.remove(callback)

    def tell(self, command: Cancel) -> None:
        self.told.append(command)

    async def run(self) -> tuple[ItemResult, ...]:
        self.begun = True
        await self._end.wait()
        if self._error is not None:
            raise self._error
        return self._results

    def push(self, *events: Event) -> None:
        for event in events:
            self.events.append(event)
            for callback in self.subscribers:
                callback(event)

    def finish(self, results: tuple[ItemResult, ...], at_s: float) -> None:
        self.push(RunEnded(self.run_id, results, at_s))
        self._results = results
        self._end.set()

    def fail(self, error: Exception) -> None:
        self._error = error
        self._end.set()


def item(
    name: str,
    route: Route = Route.CHECKPOINT,
    kind: Kind = Kind.CONTAINER,
    *,
    blocks: tuple[str, ...] = (),
    losses: tuple[str, ...] = (),
    size: int = 512 * MIB,
    down_s: float = 4.0,
) -> ItemPlan:
    """An item with steps like those of its route."""
    if blocks:
        return ItemPlan(name, f"{name}-id", kind, route, blocks=blocks)
    copied = (
        PlannedCommand("old", ("podman", "save", "--format", "oci-archive", "4f2a9c")),
        PlannedCommand("new", ("podman", "load")),
    )
    dumped = (
        PlannedCommand(
            "old",
            ("podman", "container", "checkpoint", "--export=/dev/stdout", "--print-stats", name),
        ),
    )
    restored = (PlannedCommand("new", ("podman", "container", "restore", "-i", f"/run/{name}")),)
    steps = [Step(StepKind.STAGE_IMAGE, "4f2a9c", copied, "docker.io/library/nginx:1.27")]
    if route is Route.CHECKPOINT:
        steps += [
            Step(StepKind.DISARM, name),
            Step(StepKind.DUMP, name, dumped),
            Step(StepKind.RESTORE, name, restored),
            Step(StepKind.PROBE, name),
        ]
        return ItemPlan(name, f"{name}-id", kind, route, tuple(steps), losses, (), size, down_s)
    played = (PlannedCommand("new", ("podman", "kube", "play", "-")),)
    steps += [
        Step(StepKind.STOP, name, (PlannedCommand("old", ("podman", "stop", name)),)),
        Step(StepKind.COPY_VOLUME, "data"),
        Step(StepKind.PLAY, name, played),
        Step(StepKind.PROBE, name),
    ]
    generated = "kind: Pod\nmetadata:\n  name: NAME\nspec:\n  hostname: NAME\n"
    repaired = generated.replace("spec:", "  labels:\n    tier: front\nspec:")
    return ItemPlan(
        name,
        f"{name}-id",
        kind,
        route,
        tuple(steps),
        losses,
        (),
        size,
        down_s,
        repaired.replace("NAME", name),
        generated.replace("NAME", name),
    )


def estate(*items: ItemPlan) -> Plan:
    """A plan from old to new."""
    return Plan("old", "new", items)


def result(
    plan: ItemPlan,
    outcome: Outcome = Outcome.MOVED,
    down_s: float | None = 1.8,
    reason: str = "",
) -> ItemResult:
    """How an item ended."""
    carried = plan.estimated_bytes if outcome is Outcome.MOVED else 0
    return ItemResult(
        plan.name, plan.kind, plan.route, outcome, down_s, carried, reason, plan.losses
    )


def record(
    *argv: str, host: str = "old", at_s: float = T0, exit_code: int | None = 0, stderr: str = ""
) -> CommandRecord:
    """A command that took 1.2 s."""
    return CommandRecord(host, argv, at_s, 1.2, exit_code, stderr)


def begin(plan: Plan, run_id: str = "r7k2") -> list[Event]:
    """The first event."""
    return [RunStarted(run_id, plan, T0)]


def at_work(plan: ItemPlan, at_s: float, step: int = 2) -> list[Event]:
    """An item in the middle of its dump, down since `at_s` + 1."""
    return [
        ItemStarted(plan.name, at_s),
        StepStarted(plan.name, 0, plan.steps[0].title, at_s),
        StepEnded(plan.name, 0, StepOutcome.SKIPPED, "new has the image", at_s),
        StepStarted(plan.name, step, plan.steps[step].title, at_s + 1),
        WentDown(plan.name, at_s + 1),
        Progress(plan.name, plan.estimated_bytes // 2, plan.estimated_bytes, 110 * MIB, 2.4),
    ]


def moved(plan: ItemPlan, at_s: float, down_s: float = 1.8) -> list[Event]:
    """An item that comes up on the target."""
    return [
        CommandRan(record("podman", "container", "restore", plan.name, host="new", at_s=at_s - 1)),
        CameUp(plan.name, "new", down_s),
        Note(plan.name, "evidence is the same on both hosts"),
        ItemEnded(result(plan, down_s=down_s), at_s),
    ]
