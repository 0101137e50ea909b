"""Two simulated hosts, and items that have moved from one to the other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.checks.survey import complete, survey
from core.journal.journal import Journal, JournalItem
from core.migrate.events import Outcome
from core.migrate.rollback import Offer, Way
from core.migrate.runner import Runner
from core.migrate.settle import Settlement, accept_items, choose, offers, roll_back
from core.plan.planner import make_plan
from core.podman.model import Port, Route
from core.simulated import SimulatedEngine, SimulatedHost
from core.simulated.making import make_container, make_host, make_image, make_pod, make_volume
from core.simulated.probing import hit
from core.simulated.things import Mount, SimPod, Spec

TAG = "localhost/counter:latest"


@dataclass
class Stage:
    """A source with a counter `web` and a pod `shop` of two, and an empty target."""

    source: SimulatedEngine
    target: SimulatedEngine
    run: str = ""

    @property
    def old(self) -> SimulatedHost:
        return self.source.world

    @property
    def new(self) -> SimulatedHost:
        return self.target.world

    async def move(self, name: str, route: Route = Route.CHECKPOINT) -> None:
        """Move an item; it has to succeed."""
        facts = await survey(self.source, self.target, only=[name])
        plan = make_plan(await complete(facts, self.source, {name: route}), {name: route})
        runner = Runner(plan, self.source, self.target, patience_s=0)
        (result,) = await runner.run()
        assert result.outcome is Outcome.MOVED, result
        self.run = runner.run_id

    async def item(self, name: str) -> JournalItem:
        """What the journal of the last move says of an item."""
        journal = Journal.open(self.run)
        try:
            return next(i for i in (await journal.read()).items if i.name == name)
        finally:
            journal.close()

    async def accept(self, name: str, *, alone: bool = False, **how: bool) -> Settlement:
        """Accept an item; `alone` without its target."""
        journal = Journal.open(self.run)
        try:
            items = choose(await journal.read(), [name], "accept")
            target = None if alone else self.target
            (done,) = await accept_items(items, journal, self.source, target, **how)
            return done
        finally:
            journal.close()

    async def offer(self, name: str, asked: Way | None = None, *, alone: bool = False) -> Offer:
        """How an item can come back."""
        journal = Journal.open(self.run)
        try:
            run = await journal.read()
            items = choose(run, [name], "rollback")
            target = None if alone else self.target
            (found,) = await offers(run, items, self.source, target, asked)
            return found
        finally:
            journal.close()

    async def roll_back(
        self, name: str, asked: Way | None = None, *, offered: Offer | None = None,
        alone: bool = False,
    ) -> Settlement:  # fmt: skip
        """Roll an item back."""
        found = offered or await self.offer(name, asked, alone=alone)
        journal = Journal.open(self.run)
        try:
            target = None if alone else self.target
            (done,) = await roll_back([found], journal, self.source, target)
            return done
        finally:
            journal.close()


def counts(host: SimulatedHost, name: str, times: int = 1) -> list[int]:
    """What a counter answers."""
    return [hit(host, name) for _ in range(times)]


def holdings(host: SimulatedHost) -> dict[str, set[str]]:
    """All that a host has, by name."""
    return {
        "containers": {c.name for c in host.containers.values()},
        "pods": {p.name for p in host.pods.values()},
        "volumes": set(host.volumes),
        "networks": set(host.networks),
        "images": set(host.images),
        "archives": {*host.arrived, *host.receiving},
        "aside": {v.name for v in host.volumes.values() if v.aside is not None},
    }


def add(host: SimulatedHost, name: str, pod: SimPod | None = None, **spec: object) -> None:
    """Start a counter."""
    image = make_image(host, TAG)
    made = Spec(TAG, image.id, **spec)  # type: ignore[arg-type]
    make_container(host, name, made, pod=pod)


@pytest.fixture
async def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    old, new = make_host("old"), make_host("new")
    make_volume(old, "data", {"f": b"old"})
    mounts = (Mount("/data", "data"),)
    add(old, "web", mounts=mounts, restart_policy="always", ports=(Port(8080, 8088),))
    pod = make_pod(old, "shop", ports=(Port(8090, 8088),))
    for name in ("shop-a", "shop-b"):
        add(old, name, pod)
    stage = Stage(SimulatedEngine(old), SimulatedEngine(new))
    for engine in (stage.source, stage.target):
        await engine.connect()
    yield stage
    for engine in (stage.source, stage.target):
        await engine.close()
