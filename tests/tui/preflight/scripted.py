"""Findings made by hand, and a feed that does what a test tells it to."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from core.checks.model import Cargo, Carry, Finding, Fix, Flag, On, Run, Severity
from core.checks.verdicts import Report
from core.errors import PodferryError
from core.migrate.proof import CANARY
from core.podman.model import Route
from core.podman.outcomes import CommandRecord
from tests.tui.run.scripted import HOSTILE, T0
from tui.screens.run.entries import Command, Entry

NETWORK = Fix(
    "create network web on new",
    (Run(On.TARGET, ("podman", "network", "create", "--subnet", "10.89.1.0/24", "web")),),
    undo=(Run(On.TARGET, ("podman", "network", "rm", "--", "web")),),
    limits=("It does not carry over addresses or firewall rules of your own.",),
)
SECRET = Fix(
    "copy secret db-password from old to new",
    (Carry(Cargo.SECRET, "db-password"),),
    limits=("It passes through this machine's memory.",),
)


def network(item: str) -> Finding:
    return Finding(
        "network-missing",
        Severity.NOTE,
        "network web is missing on new: the run makes it",
        host="new",
        item=item,
        subject="web",
        cause="network web is missing on new",
        fix=NETWORK,
    )


def secret(item: str) -> Finding:
    return Finding(
        "secret-missing",
        Severity.BLOCKED,
        "the secret db-password is missing on new: create it there",
        host="new",
        item=item,
        subject="db-password",
        cause="secret db-password is missing on new",
        fix=SECRET,
    )


def port(item: str) -> Finding:
    return Finding(
        "port-taken",
        Severity.BLOCKED,
        f"port 8080/tcp of {item} is taken on new: free it, or move {item} elsewhere",
        host="new",
        item=item,
        subject="8080/tcp",
        cause="port 8080/tcp is taken on new",
        evidence=("tcp LISTEN 0 4096 0.0.0.0:8080",),
    )


def connections(item: str) -> Finding:
    return Finding(
        "tcp-established",
        Severity.FLAGS,
        f"{item} has open TCP connections: they are closed at the restore",
        item=item,
        cause="open TCP connections",
        route=Route.CHECKPOINT,
        evidence=("10.88.0.2:8088 10.88.0.1:41234",),
        flags=frozenset({Flag.TCP}),
    )


def stopped(item: str) -> Finding:
    return Finding(
        "not-running",
        Severity.BLOCKED,
        f"{item} does not run: start it, or mark it for kube export",
        host="old",
        item=item,
        subject=item,
        cause=f"{item} does not run",
        route=Route.CHECKPOINT,
    )


def label(item: str) -> Finding:
    return Finding(
        "kube-label",
        Severity.LOSS,
        "kube generate drops the label tier=front",
        item=item,
        cause="labels are dropped by kube generate",
        route=Route.KUBE,
    )


def hostile() -> Finding:
    return Finding(
        "name-taken",
        Severity.BLOCKED,
        f"{HOSTILE} is taken",
        host=HOSTILE,
        item=HOSTILE,
        subject=HOSTILE,
        cause=f"{HOSTILE} is taken",
        evidence=(HOSTILE,),
        fix=Fix(HOSTILE, (Run(On.SOURCE, ("echo", HOSTILE), HOSTILE),), limits=(HOSTILE,)),
    )


CANARY_PASSED = Finding(
    CANARY,
    Severity.NOTE,
    "a throwaway container was checkpointed on old and restored on new",
    cause="the canary passed",
)
CLOCK = Finding(
    "clock-skew", Severity.NOTE, "the clock of new is 4 s ahead", host="new", cause="clock of new"
)


def report(*findings: Finding) -> Report:
    items: dict[str, tuple[Finding, ...]] = {}
    for f in findings:
        if f.item:
            items[f.item] = (*items.get(f.item, ()), f)
    return Report(tuple(f for f in findings if not f.item), items)


def some() -> list[Finding]:
    names = [f"shop-{n}" for n in range(12)]
    return [
        *(network(n) for n in names),
        secret("crm"),
        secret("shop-1"),
        port("web"),
        connections("web"),
        stopped("nightly"),
        label("nightly"),
        label("crm"),
        CLOCK,
    ]


class ScriptedFeed:
    """Satisfies PreflightFeed; a fix settles the findings that offer it."""

    def __init__(self, *findings: Finding) -> None:
        self.findings = list(findings)
        self.hosts = {On.SOURCE: "old", On.TARGET: "new"}
        self.log: tuple[Entry, ...] = ()
        self.seen: Report | None = None
        self.fixed: list[Fix] = []
        self.looks = 0
        self.error: PodferryError | None = None
        self.go_on = asyncio.Event()
        self.go_on.set()
        self._settled: dict[str, list[Finding]] = {}

    @property
    def last_fix(self) -> Fix | None:
        return next((f for f in reversed(self.fixed) if f.undo), None)

    def report(self, marks: Mapping[str, Route]) -> Report | None:
        return self.seen

    async def look_again(self) -> None:
        await self.go_on.wait()
        self.looks += 1
        self.seen = report(*self.findings)

    async def fix(self, fix: Fix) -> None:
        await self.go_on.wait()
        record = CommandRecord("new", ("podman", "doing", fix.title), T0, 0.4, 0)
        self.log = (*self.log, Command(T0, record))
        if self.error is not None:
            raise self.error
        self.fixed.append(fix)
        self._settled[fix.title] = [f for f in self.findings if f.fix == fix]
        self.findings = [f for f in self.findings if f.fix != fix]

    async def take_back(self, fix: Fix) -> None:
        self.fixed.remove(fix)
        self.findings += self._settled.pop(fix.title)

    async def try_canary(self) -> str:
        self.findings.append(CANARY_PASSED)
        self.seen = report(*self.findings)
        return CANARY_PASSED.cause
