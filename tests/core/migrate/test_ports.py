"""A published port that leads nowhere where an item arrives is mended, or told."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field

import pytest

from core.checks.survey import complete, survey
from core.evidence.probe import Probe, ProbeKind
from core.evidence.watch import Watch
from core.migrate.events import CommandRan, Event, Note, Outcome
from core.migrate.runner import Runner
from core.plan.planner import make_plan
from core.podman.model import Port, Route
from core.simulated.faults import Fail, Fault
from tests.core.migrate.conftest import Stage

WEB, SHOP = Port(8080, 8088), Port(8090, 8088)
COUNT = Probe("count", ProbeKind.HTTP, "web", port=8080, path="/peek", number=r"counter: (\d+)")
AT_ONCE = Watch(0)


@dataclass
class Told:
    """What a move told."""

    notes: list[str] = field(default_factory=list)
    reloaded: list[str] = field(default_factory=list)
    """IDs of containers whose networks were reloaded, as the log of commands has them."""

    def __call__(self, event: Event) -> None:
        match event:
            case Note(text=text):
                self.notes.append(text)
            case CommandRan(record) if record.argv[:3] == ("podman", "network", "reload"):
                self.reloaded.append(record.argv[3])


async def move(
    stage: Stage, name: str, route: Route = Route.CHECKPOINT, watch: Watch = AT_ONCE
) -> Told:
    """Move an item, which has to succeed."""
    facts = await survey(stage.source, stage.target, only=[name])
    plan = make_plan(await complete(facts, stage.source, {name: route}), {name: route})
    runner = Runner(plan, stage.source, stage.target, patience_s=0, watch=watch)
    told = Told()
    runner.subscribe(told)
    (result,) = await runner.run()
    assert result.outcome is Outcome.MOVED, result
    stage.run = runner.run_id
    return told


@pytest.mark.parametrize("route", Route)
async def test_a_dead_port_of_a_container_is_mended(stage: Stage, route: Route) -> None:
    stage.new.dead_ports = {WEB}
    told = await move(stage, "web", route)
    assert len(told.reloaded) == 1
    assert stage.new.dead_ports == set()
    about = [note for note in told.notes if "8080" in note]
    assert about == ["port 8080→8088 led nowhere on new; Podman has made its rules anew"]


@pytest.mark.parametrize("route", Route)
async def test_of_a_pod_the_infra_container_has_the_network(stage: Stage, route: Route) -> None:
    stage.new.dead_ports = {SHOP}
    told = await move(stage, "shop", route)
    assert told.reloaded == [stage.new.pod("shop").infra_id]
    assert any("8090→8088 led nowhere" in note for note in told.notes)
    assert stage.new.dead_ports == set()


async def test_a_probe_of_the_port_is_asked_again_when_it_is_mended(stage: Stage) -> None:
    stage.new.dead_ports = {WEB}
    told = await move(stage, "web", watch=dataclasses.replace(AT_ONCE, probes=(COUNT,)))
    assert len(told.reloaded) == 1


async def test_what_leads_there_and_what_is_no_port_of_it_is_left(stage: Stage) -> None:
    stage.new.dead_ports = {dataclasses.replace(WEB, host_ip="10.0.0.9"), SHOP}
    told = await move(stage, "web")
    assert told == Told()


async def test_an_item_without_ports_asks_nothing(stage: Stage) -> None:
    stage.old.container("web").spec = dataclasses.replace(stage.old.container("web").spec, ports=())
    await move(stage, "web")
    assert "dead_ports" not in {call.verb for call in stage.target.faults.calls}


async def test_nothing_fails_where_nothing_can_be_known(stage: Stage) -> None:
    stage.new.dead_ports = {WEB}
    stage.target.faults.add(Fault("dead_ports", Fail()))
    told = await move(stage, "web")
    (note,) = told.notes
    assert note.startswith("it is not known whether its ports lead to it on new: ")


async def test_what_cannot_be_mended_is_told_with_what_to_do(stage: Stage) -> None:
    stage.new.dead_ports = {WEB}
    stage.target.faults.add(Fault("reload_network", Fail()))
    told = await move(stage, "web")
    ident = stage.new.container("web").id
    assert told.reloaded == [ident]
    (note,) = told.notes
    assert note.startswith("port 8080→8088 leads nowhere on new, though the container runs.")
    assert note.endswith(f"There: podman network reload {ident}")


async def test_on_the_way_back_too(stage: Stage) -> None:
    await move(stage, "web")
    stage.old.dead_ports = {WEB}
    back = await stage.roll_back("web")
    assert back.done
    assert stage.old.container("web").running
    assert stage.old.dead_ports == set()
