"""Why an item cannot move by a route: each reason one sentence that says what to do."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping

from core.plan.survey import Facts, ItemFacts, bind_sources, network_names, volume_names
from core.podman.commands import container_addresses, pod_addresses
from core.podman.engine import Thing
from core.podman.model import HostInfo, Inspection, Kind, Route, State
from core.podman.version import dotted, version_tuple

Claims = Mapping[tuple[Thing, str], str]
"""Volumes and pods that items before it will make on the target, to those items' names."""


def blocks(facts: Facts, seen: ItemFacts, route: Route, claims: Claims) -> tuple[str, ...]:
    """All reasons at once."""
    reasons = [*_either_route(facts, seen, route, claims)]
    reasons += _checkpoint(facts, seen) if route is Route.CHECKPOINT else _kube(facts, seen, claims)
    return tuple(dict.fromkeys(reasons))


def _either_route(facts: Facts, seen: ItemFacts, route: Route, claims: Claims) -> Iterator[str]:
    item, target = seen.item, facts.target_has
    where = facts.target.label
    yield from _names(facts, seen, claims)
    if facts.source.architecture != facts.target.architecture:
        yield (
            f"its images are for {facts.source.architecture}, "
            f"and {where} is {facts.target.architecture}"
        )
    ports = [*item.ports, *(port for c in item.containers for port in c.ports)]
    for port in dict.fromkeys(ports):
        if port.host_port and (port.protocol, port.host_port) in target.listening:
            yield f"port {port.host_port}/{port.protocol} is taken on {where}: free it there"
    for member in item.containers:
        if member.state is State.PAUSED:
            yield f"{member.name} is paused: unpause it first"
    yield from _room(facts, seen, route)
    yield from _networks(facts, seen)
    yield from _addresses(facts, seen)
    yield from _volumes(facts, seen, claims)
    for path in sorted({p for c in seen.containers for p in bind_sources(c)}):
        if path in facts.missing_paths:
            yield (
                f"{path}, which it mounts, does not exist on {where}: "
                "make it there and copy its contents"
            )
    for container in seen.containers:
        yield from _container(facts, container)


def _names(facts: Facts, seen: ItemFacts, claims: Claims) -> Iterator[str]:
    item, target = seen.item, facts.target_has
    where = facts.target.label
    names = [item.name, *(str(c["Name"]) for c in seen.containers)]
    for name in dict.fromkeys(names):
        if name in target.pods:
            yield f"{where} has a pod named {name} already: rename or remove it there"
        elif name in target.containers:
            yield f"{where} has a container named {name} already: rename or remove it there"
    if item.kind is Kind.POD and (Thing.POD, item.name) in claims:
        yield f"{claims[Thing.POD, item.name]} becomes a pod of the name {item.name}: move one only"
    ids = {item.id, *(str(c["Id"]) for c in seen.containers)} & set(target.containers.values())
    if ids and not any(name in target.containers for name in names):
        yield f"{where} holds the ID {next(iter(ids))[:12]} under another name: remove it there"


def needed_bytes(facts: Facts, seen: ItemFacts, route: Route) -> int:
    """What an item takes on the target: images that are missing, and what moves with it."""
    image_ids = {str(c["Image"]).removeprefix("sha256:") for c in seen.containers}
    images = sum(
        int(facts.images[image].get("Size") or 0)
        for image in image_ids
        if image not in facts.target_has.images and image in facts.images
    )
    memory = seen.memory_bytes if route is Route.CHECKPOINT else 0
    return images + memory + (seen.item.size_bytes or 0)


def _room(facts: Facts, seen: ItemFacts, route: Route) -> Iterator[str]:
    needed, free = needed_bytes(facts, seen, route), facts.target_has.free_bytes
    if needed > free:
        yield (
            f"it needs about {needed / 2**20:.0f} MiB on {facts.target.label}, "
            f"and {free / 2**20:.0f} MiB are free: make room there"
        )


def _container(facts: Facts, container: Inspection) -> Iterator[str]:
    name, where = container["Name"], facts.target.label
    host = container.get("HostConfig") or {}
    if host.get("AutoRemove"):
        yield (
            f"{name} was started with --rm: stopping it would delete the source copy, "
            "and nothing could be rolled back"
        )
    for secret in (container.get("Config") or {}).get("Secrets") or ():
        if secret.get("Name") not in facts.target_has.secrets:
            yield f"the secret {secret.get('Name')} is missing on {where}: create it there"
    for key in ("NetworkMode", "PidMode", "IpcMode", "UTSMode"):
        if str(host.get(key) or "").startswith("container:") and not container.get("Pod"):
            yield f"{name} shares a namespace with another container ({key}): put both in a pod"


def _networks(facts: Facts, seen: ItemFacts) -> Iterator[str]:
    where = facts.target.label
    taken = {name: subnets(network) for name, network in facts.target_has.networks.items()}
    for name in dict.fromkeys(network_names(seen)):
        if name in taken or name not in facts.networks:
            continue
        for wanted in subnets(facts.networks[name]):
            for other, theirs in taken.items():
                if any(wanted.version == s.version and wanted.overlaps(s) for s in theirs):
                    yield (
                        f"network {name} ({wanted}) is missing on {where}, and {other} there "
                        f"overlaps it: make {name} with another subnet"
                    )


def _addresses(facts: Facts, seen: ItemFacts) -> Iterator[str]:
    asked = [container_addresses(c) for c in seen.containers]
    if seen.pod is not None:
        asked.append(pod_addresses(seen.pod))
    for name, options in (pair for addresses in asked for pair in addresses.items()):
        theirs = subnets(facts.target_has.networks.get(name) or {})
        for option in options.split(","):
            key, _, text = option.partition("=")
            if key in ("ip", "ip6") and theirs and not _lies_in(text, theirs):
                yield (
                    f"its address {text} does not lie in {name} on {facts.target.label} "
                    f"({', '.join(map(str, theirs))}): make {name} there like here"
                )


def _lies_in(
    address: str, networks: Iterable[ipaddress.IPv4Network | ipaddress.IPv6Network]
) -> bool:
    try:
        return any(ipaddress.ip_address(address) in network for network in networks)
    except ValueError:
        return False


def subnets(
    network: Inspection,
) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """Subnets of an inspected network."""
    return [
        ipaddress.ip_network(str(entry["subnet"]), strict=False)
        for entry in network.get("subnets") or ()
    ]


def _volumes(facts: Facts, seen: ItemFacts, claims: Claims) -> Iterator[str]:
    for name in dict.fromkeys(v for c in seen.containers for v in volume_names(c)):
        if name in facts.target_has.volumes:
            yield (
                f"volume {name} exists on {facts.target.label} and is never overwritten: "
                "remove or rename it there"
            )
        elif (Thing.VOLUME, name) in claims:
            yield f"volume {name} moves with {claims[Thing.VOLUME, name]}: move one, then the other"
        others = [user for user in facts.volume_users.get(name, ()) if user != seen.item.name]
        if others:
            yield (
                f"volume {name} is also in use by {', '.join(others)}: what that writes after "
                "the copy would be lost; stop it first"
            )


def _checkpoint(facts: Facts, seen: ItemFacts) -> Iterator[str]:
    for host in (facts.source, facts.target):
        if host.rootless:
            yield f"{host.label} is rootless, which cannot checkpoint: mark it for kube export"
        elif host.criu_version is None:
            yield f"CRIU is not installed on {host.label}: install it, or mark it for kube export"
        elif why := criu_lacks(host):
            yield f"{why}: mark it for kube export"
    for runtime in dict.fromkeys(str(c.get("OCIRuntime")) for c in seen.containers):
        for why in runtime_lacks(facts.source, facts.target, runtime):
            yield f"{why}, or mark it for kube export"
    yield from _checkpoint_pod(seen)
    yield from _host_ipc(seen)
    for container in seen.item.containers:
        if container.state not in (State.RUNNING, State.PAUSED):
            yield (
                f"{container.name} does not run, so there is nothing to freeze: "
                "mark it for kube export"
            )


def _host_ipc(seen: ItemFacts) -> Iterator[str]:
    """Podman dumps a container's /dev/shm, and unpacks it over what there is: here the host's own.

    Seen with Podman 5.8.6: that puts an old libpod_lock in place, on which podman hangs for good.
    """
    for container in seen.containers:
        if (container.get("HostConfig") or {}).get("IpcMode") == "host":
            yield f"{container['Name']} uses the host's IPC (--ipc host): mark it for kube export"


def criu_lacks(host: HostInfo) -> str:
    """Why the host's CRIU cannot work on its kernel; empty if it can.

    Since kernel 6.13 the vDSO has more areas than a CRIU before 4.1 takes (criu#2532).
    """
    criu = host.criu_version
    if criu is not None and criu < (4, 1) and version_tuple(host.kernel) >= (6, 13):
        return (
            f"CRIU {dotted(criu)} on {host.label} cannot dump or restore on kernel {host.kernel}, "
            "which takes CRIU 4.1 or newer"
        )
    return ""


def criu_goes_back(source: HostInfo, target: HostInfo) -> str:
    """Why what the source dumps may be too new for the target; empty if it is not.

    CRIU reads what older ones dumped, and does not promise to read what newer ones did: 4.1
    fails on what 4.2 dumps (`vdso: ELF header magic mismatch`).
    """
    old, new = source.criu_version, target.criu_version
    if old and new and new[:2] < old[:2]:
        return (
            f"CRIU {dotted(new)} on {target.label} may not restore what CRIU {dotted(old)} on "
            f"{source.label} dumps"
        )
    return ""


def runtime_lacks(source: HostInfo, target: HostInfo, name: str) -> Iterator[str]:
    """Why a container under that OCI runtime cannot go live; a restore keeps the runtime."""
    for host in (source, target):
        runtime = host.find_runtime(name)
        if runtime is None and host.runtimes and name in ("crun", "runc"):
            yield f"it runs under {name}, which is not installed on {host.label}: install it there"
        if runtime is not None and not runtime.checkpoints:
            yield (
                f"{name} on {host.label} was built without CRIU: install another build of it there"
            )
    old, new = source.find_runtime(name), target.find_runtime(name)
    if old and new and name == "crun" and new.version < _CRUN_MASKS <= old.version:
        yield (
            f"crun {dotted(new.version)} on {target.label} cannot restore what crun "
            f"{dotted(old.version)} dumps: install crun {dotted(_CRUN_MASKS)} or newer there"
        )


_CRUN_MASKS = (1, 24)
"""Since then crun masks folders by a mount that older ones do not give to CRIU (crun#1859)."""


def _checkpoint_pod(seen: ItemFacts) -> Iterator[str]:
    if seen.pod is not None:
        if "pid" in (seen.pod.get("SharedNamespaces") or ()):
            yield "the pod shares its PID namespace, which CRIU cannot dump: mark it for kube"
        if not seen.pod.get("InfraContainerID"):
            yield "the pod has no infra container to restore into: mark it for kube export"
    if seen.item.kind is Kind.POD and not seen.item.containers:
        yield "the pod has no containers: mark it for kube export"


def _kube(facts: Facts, seen: ItemFacts, claims: Claims) -> Iterator[str]:
    if seen.item.kind is Kind.CONTAINER:
        pod, where = f"{seen.item.name}-pod", facts.target.label
        if pod in facts.target_has.pods or pod in facts.target_has.containers:
            yield f"play makes the pod {pod} of it, and {where} has that name already: rename it"
        elif (Thing.POD, pod) in claims:
            yield f"play makes the pod {pod} of it, and {claims[Thing.POD, pod]} takes that name"
    if seen.kube_error:
        yield f"Podman generates no YAML for it: {seen.kube_error}"
