"""Putting things on a simulated host, as an operator would with podman run and its like."""

from __future__ import annotations

import dataclasses
import ipaddress
from collections.abc import Mapping

from core.podman.model import HostInfo, Port
from core.simulated import lifecycle
from core.simulated.clock import Clock, wall_clock
from core.simulated.host import SimulatedHost, make_id
from core.simulated.things import (
    MIB,
    NOTHING,
    SimContainer,
    SimImage,
    SimNetwork,
    SimPod,
    SimVolume,
    Spec,
)

_TOOLS = (
    "podman tar ss nsenter iptables-restore nft chattr lsattr btrfs systemctl apt-get busybox "
    "catatonit"
)


def make_host(
    label: str,
    *,
    filesystem: str = "xfs",
    copy_on_write: bool = False,
    rootless: bool = False,
    clock: Clock = wall_clock,
) -> SimulatedHost:
    """An empty host with a current Podman."""
    info = HostInfo(
        label=label,
        podman_version=(5, 8, 6),
        rootless=rootless,
        storage_driver="overlay",
        graph_root="/var/lib/containers/storage",
        filesystem=filesystem,
        runtime="crun",
        criu_version=(4, 2, 1),
        architecture="amd64",
        kernel="6.18.4",
        os="Debian GNU/Linux forky",
        hostname=label,
        machine_id=make_id(label, "machine")[:32],
        store_id=make_id(label, "store"),
        copy_on_write=copy_on_write,
        tools=frozenset(_TOOLS.split()),
        cpu_flags=frozenset({"fpu", "fxsr", "sse2", "sse4_2", "xsave", "avx2"}),
        criu_features=frozenset({"mem_dirty_track", "network_lock_nftables"}),
        libcriu=True,
        cgroup_manager="systemd",
    )
    return SimulatedHost(info, clock=clock)


def make_image(
    host: SimulatedHost,
    tag: str,
    *,
    size_bytes: int = 48 * MIB,
    command: tuple[str, ...] = (),
) -> SimImage:
    """An image; the same tag has the same ID on every host."""
    image = SimImage(
        id=make_id("image", tag),
        tags=(tag,),
        size_bytes=size_bytes,
        created_s=host.clock() - 30 * 24 * 3600.0,
        command=command,
    )
    return host.images.setdefault(image.id, image)


def make_network(host: SimulatedHost, name: str, subnet: str, **labels: str) -> SimNetwork:
    """A bridge network."""
    network = SimNetwork(
        id=host.new_id(),
        name=name,
        subnet=subnet,
        gateway=str(ipaddress.ip_network(subnet)[1]),
        interface=f"podman{len(host.networks)}",
        labels=labels,
        created_s=host.clock(),
    )
    return host.networks.setdefault(name, network)


def make_volume(host: SimulatedHost, name: str, files: Mapping[str, bytes]) -> SimVolume:
    """A named volume with files by path."""
    volume = SimVolume(name, created_s=host.clock(), files=dict(files))
    return host.volumes.setdefault(name, volume)


def make_container(
    host: SimulatedHost,
    name: str,
    spec: Spec,
    *,
    pod: SimPod | None = None,
    memory_bytes: int = 4 * MIB,
    age_s: float = 0.0,
    running: bool = True,
) -> SimContainer:
    """A container, started unless told otherwise. Refuses what Podman would refuse."""
    if pod is None and spec.network_mode == "bridge" and not spec.networks:
        spec = dataclasses.replace(spec, networks={"podman": ""})
    container = SimContainer(
        id=host.new_id(),
        name=name,
        spec=spec,
        created_s=host.clock() - age_s,
        pod_id=pod.id if pod else "",
        idle_memory_bytes=memory_bytes,
    )
    lifecycle.add(host, container)
    if running:
        lifecycle.start(host, container)
        container.started_s -= age_s
    return container


def make_pod(
    host: SimulatedHost,
    name: str,
    *,
    ports: tuple[Port, ...] = (),
    networks: Mapping[str, str] = NOTHING,
    labels: Mapping[str, str] = NOTHING,
    shared: tuple[str, ...] = ("ipc", "net", "uts"),
    hostname: str = "",
    restart_policy: str = "no",
    age_s: float = 0.0,
) -> SimPod:
    """An empty pod with its infra container, not started."""
    pod = SimPod(
        id=host.new_id(),
        name=name,
        created_s=host.clock() - age_s,
        labels=labels,
        ports=ports,
        networks=networks or {"podman": ""},
        shared=shared,
        hostname=hostname or name,
        restart_policy=restart_policy,
    )
    infra = SimContainer(
        id=host.new_id(),
        name=f"{pod.id[:12]}-infra",
        spec=Spec(image="", image_id="", ports=ports, networks=pod.networks, hostname=pod.hostname),
        created_s=pod.created_s,
        pod_id=pod.id,
        is_infra=True,
        idle_memory_bytes=MIB // 8,
    )
    lifecycle.check_free_name(host, name)
    lifecycle.add(host, infra)
    pod.infra_id = infra.id
    host.pods[pod.id] = pod
    host.tell("create", pod)
    return pod
