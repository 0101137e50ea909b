"""What happens to containers and pods when they start, stop and go."""

from __future__ import annotations

import dataclasses

from core.podman.model import Kind, Port, State
from core.simulated.host import Refusal, SimulatedHost
from core.simulated.things import Memory, SimContainer, SimPod

_KILLED = 137
_ENDED_BY_TERM = 143


def add(host: SimulatedHost, container: SimContainer) -> SimContainer:
    """Put a new container on a host. Refuses names and IDs that are taken, and what it lacks."""
    _check_names(host, container)
    _check_needs(host, container)
    host.containers[container.id] = container
    host.tell("create", container)
    return container


def _check_names(host: SimulatedHost, container: SimContainer) -> None:
    if container.id in host.containers:
        raise Refusal(f"Error: container {container.id} already exists: container already exists")
    check_free_name(host, container.name)


def check_free_name(host: SimulatedHost, name: str) -> None:
    """Refuse a name that a container or pod has."""
    if other := next((c for c in host.containers.values() if c.name == name), None):
        raise Refusal(
            f'Error: creating container storage: the container name "{name}" is already in use by '
            f"{other.id}. You have to remove that container to be able to reuse that name: that "
            "name is already in use, or use --replace to instruct Podman to do so."
        )
    if pod := next((p for p in host.pods.values() if p.name == name), None):
        raise Refusal(f'Error: name "{name}" is in use by pod {pod.id}: pod already exists')


def _check_needs(host: SimulatedHost, container: SimContainer) -> None:
    spec = container.spec
    if not container.is_infra and spec.image_id not in host.images:
        raise Refusal(
            f"Error: creating container storage: {spec.image}: image not known: {spec.image_id}"
        )
    for name in spec.networks:
        host.network(name)
    for name in spec.secrets:
        if name not in host.secrets:
            raise Refusal(f'Error: no secret with name or id "{name}": no such secret')
    for mount in spec.mounts:
        if mount.is_volume:
            host.volume(mount.source)
        elif mount.source not in host.paths:
            raise Refusal(f"Error: statfs {mount.source}: no such file or directory")


def begin(
    host: SimulatedHost,
    container: SimContainer,
    memory: Memory,
    *,
    addresses: dict[str, str] | None = None,
) -> None:
    """Let a container run with that memory. Refuses ports that are taken."""
    _check_ports(host, container.spec.ports)
    container.addresses = addresses if addresses is not None else _addresses(host, container)
    container.memory = memory
    container.state = State.RUNNING
    container.started_s = host.clock()
    container.pid = host.new_pid()
    container.exit_code = 0
    container.checkpointed = False
    names = [m.source for m in container.spec.mounts if m.is_volume]
    held = {name: dict(host.volumes[name].files) for name in names if name in host.volumes}
    container.found = {"": dict(container.files), **held}


def _check_ports(host: SimulatedHost, ports: tuple[Port, ...]) -> None:
    taken = host.listening() if ports else frozenset()
    for port in ports:
        if (port.protocol, port.host_port) in taken:
            raise Refusal(
                f"Error: cannot listen on the {port.protocol.upper()} port: listen "
                f"{port.protocol}4 {port.host_ip or ''}:{port.host_port}: bind: "
                "address already in use"
            )


def _addresses(host: SimulatedHost, container: SimContainer) -> dict[str, str]:
    return {
        name: static or host.next_address(host.network(name))
        for name, static in container.spec.networks.items()
    }


def start(host: SimulatedHost, container: SimContainer) -> None:
    """A cold start, of the infra container of its pod too; what it knew is gone."""
    if container.running:
        return
    pod = host.pods.get(container.pod_id)
    if pod and container.id != pod.infra_id and (infra := host.infra(pod)):
        start(host, infra)
    begin(host, container, Memory(size_bytes=container.idle_memory_bytes))
    container.restored = False
    container.log.append(f"{container.name} started")
    host.tell("start", container)


def stop(host: SimulatedHost, container: SimContainer, *, exit_code: int = _ENDED_BY_TERM) -> None:
    """End a container's processes; with --rm it is gone then."""
    if not container.running:
        return
    halt(host, container, exit_code)
    host.tell("died", container)
    if container.spec.auto_remove:
        drop(host, container)


def halt(host: SimulatedHost, container: SimContainer, exit_code: int) -> None:
    """Note that a container's processes are gone."""
    now = host.clock()
    ran_s = container.ran_s(now)
    container.memory = dataclasses.replace(container.memory, ran_s=ran_s)
    container.state = State.EXITED
    container.finished_s = now
    container.exit_code = exit_code
    container.pid = 0
    container.addresses = {}


def drop(host: SimulatedHost, container: SimContainer) -> None:
    """Stop and remove a container."""
    if container.running:
        halt(host, container, _KILLED)
        host.tell("died", container)
    if host.containers.pop(container.id, None):
        host.tell("remove", container)


def start_pod(host: SimulatedHost, pod: SimPod) -> None:
    """Start all of a pod, and its infra container first."""
    for container in _all(host, pod):
        start(host, container)
    host.tell("start", pod)


def stop_pod(host: SimulatedHost, pod: SimPod) -> None:
    """Stop all of a pod, its infra container last."""
    for container in reversed(_all(host, pod)):
        stop(host, container)
    host.tell("stop", pod)


def drop_pod(host: SimulatedHost, pod: SimPod) -> None:
    """Remove a pod with all of its containers."""
    for container in reversed(_all(host, pod)):
        drop(host, container)
    if host.pods.pop(pod.id, None):
        host.tell("remove", pod)


def _all(host: SimulatedHost, pod: SimPod) -> list[SimContainer]:
    infra = host.infra(pod)
    return [*([infra] if infra else []), *host.members(pod)]


def pod_state(host: SimulatedHost, pod: SimPod) -> State:
    """A pod's state as Podman derives it from all of its containers, infra too."""
    states = [c.state for c in _all(host, pod)]
    running = sum(s is State.RUNNING for s in states)
    if running and running == len(states):
        return State.RUNNING
    if running:
        return State.DEGRADED
    return State.EXITED if State.EXITED in states else State.CREATED


def pause(host: SimulatedHost, name: str) -> None:
    """Freeze a container's processes."""
    container = host.container(name)
    container.state = State.PAUSED
    host.tell("pause", container)


def crash(host: SimulatedHost) -> None:
    """End everything on the host at once, as a power cut does; it stays off until `boot`."""
    host.up = False
    for container in host.containers.values():
        if container.running:
            halt(host, container, _KILLED)
    for tell in tuple(host.on_crash):
        tell()


def boot(host: SimulatedHost) -> None:
    """Switch the host on; Podman's restart service starts what it starts after a boot."""
    host.up = True
    for container in list(host.containers.values()):
        if container.spec.restart_policy in ("always", "unless-stopped") and not container.running:
            start(host, container)


def act(host: SimulatedHost, kind: Kind, verb: str, name: str) -> None:
    """Start or stop a container or pod by name. Refuses what is not there."""
    if kind is Kind.POD:
        {"start": start_pod, "stop": stop_pod}[verb](host, host.pod(name))
    else:
        {"start": start, "stop": stop}[verb](host, host.container(name))
