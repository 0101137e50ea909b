"""What a listing shows of a simulated host."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from core.podman.model import Container, Estate, Inside, Inventory, Item, Kind, Process
from core.simulated.host import SimulatedHost
from core.simulated.inspection import command_line, inspect_network
from core.simulated.lifecycle import pod_state
from core.simulated.things import SimContainer, SimPod


def list_estate(host: SimulatedHost) -> Estate:
    """The host's estate at this instant."""
    pods = sorted(host.pods.values(), key=lambda p: p.name)
    singles = sorted(
        (c for c in host.containers.values() if not c.pod_id), key=lambda c: (c.name, c.id)
    )
    items = (*(_pod(host, p) for p in pods), *(_single(host, c) for c in singles))
    return Estate(host.label, items, host.clock())


def _pod(host: SimulatedHost, pod: SimPod) -> Item:
    return Item(
        kind=Kind.POD,
        id=pod.id,
        name=pod.name,
        state=pod_state(host, pod),
        containers=tuple(_container(host, c) for c in host.members(pod)),
        created_s=pod.created_s,
        labels=dict(pod.labels),
        ports=pod.ports,
        networks=tuple(pod.networks),
        infra_id=pod.infra_id,
    )


def _single(host: SimulatedHost, container: SimContainer) -> Item:
    listed = _container(host, container)
    return Item(
        kind=Kind.CONTAINER,
        id=listed.id,
        name=listed.name,
        state=listed.state,
        containers=(listed,),
        created_s=listed.created_s,
        labels=listed.labels,
        ports=listed.ports,
        networks=listed.networks,
    )


def _container(host: SimulatedHost, c: SimContainer) -> Container:
    return Container(
        id=c.id,
        name=c.name,
        image=c.spec.image,
        image_id=c.spec.image_id,
        state=c.state,
        created_s=c.created_s,
        started_s=c.started_s,
        exit_code=c.exit_code,
        pid=c.pid,
        command=command_line(host, c),
        pod_id=c.pod_id,
        labels=dict(c.spec.labels),
        ports=c.spec.ports,
        networks=tuple(c.spec.networks),
        mounts=tuple(m.destination for m in c.spec.mounts),
        size_bytes=c.layer_bytes + sum(map(len, c.files.values())),
        auto_remove=c.spec.auto_remove,
    )


def list_inside(host: SimulatedHost, container: SimContainer) -> Inside:
    """What the processes of a running container hold."""
    spec = container.spec
    ports = {f"0.0.0.0:{p.container_port}" for p in spec.ports if p.protocol == "tcp"}
    command = command_line(host, container) or ("catatonit",)
    return dataclasses.replace(
        spec.holds,
        listening=tuple(sorted({*spec.holds.listening, *(() if container.is_infra else ports)})),
        program=spec.holds.program or command[0].rpartition("/")[2],
    )


def list_inventory(host: SimulatedHost) -> Inventory:
    """Names and numbers that a plan must know."""
    return Inventory(
        images={i.id: i.tags for i in host.images.values()},
        networks={n.name: inspect_network(n) for n in host.networks.values()},
        volumes=frozenset(host.volumes),
        secrets=frozenset(host.secrets),
        listening=host.listening(),
        free_bytes=host.free_bytes,
        pods=frozenset(p.name for p in host.pods.values()),
        containers={c.name: c.id for c in host.containers.values()},
        addresses={
            address: c.name
            for c in host.containers.values()
            for address in (*c.addresses.values(), *c.spec.networks.values())
            if address
        },
        units={name: unit for name, unit in _units(host) if unit and unit not in host.masked},
        tmp_free_bytes=host.free_bytes // 4,
        run_free_bytes=host.free_bytes // 100,
        clock_ahead_s=host.clock_ahead_s,
    )


def _units(host: SimulatedHost) -> Iterator[tuple[str, str]]:
    yield from host.units.items()
    for thing in host.pods.values():
        yield thing.name, thing.labels.get("PODMAN_SYSTEMD_UNIT", "")
    for container in host.containers.values():
        yield container.name, container.spec.labels.get("PODMAN_SYSTEMD_UNIT", "")


def list_processes(host: SimulatedHost, container: SimContainer) -> tuple[Process, ...]:
    """What `podman top` shows; nothing for what does not run."""
    if not container.running:
        return ()
    seconds = int(container.ran_s(host.clock()))
    elapsed = f"{seconds // 3600}h{seconds // 60 % 60}m{seconds % 60}s"
    command = " ".join(command_line(host, container)) or "(no command)"
    return (Process("1", container.spec.user or "root", elapsed, command),)
