"""What `podman inspect` says of things on a simulated host, as far as Podferry reads it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from core.podman.model import Inspection, Port
from core.simulated.host import SimulatedHost
from core.simulated.lifecycle import pod_state
from core.simulated.things import (
    Mount,
    SimContainer,
    SimImage,
    SimNetwork,
    SimPod,
    SimVolume,
)

_NEVER = "0001-01-01T00:00:00Z"
_EMPTY: Mapping[str, str] = {}


def _when(unix_s: float) -> str:
    return datetime.fromtimestamp(unix_s, UTC).isoformat() if unix_s else _NEVER


def volume_path(host: SimulatedHost, name: str) -> str:
    """Where a volume's files lie on the host."""
    return f"{host.info.graph_root}/volumes/{name}/_data"


def container_folder(host: SimulatedHost, container_id: str) -> str:
    """Where Podman keeps what it knows of a container."""
    driver = host.info.storage_driver
    return f"{host.info.graph_root}/{driver}-containers/{container_id}/userdata"


def command_line(host: SimulatedHost, container: SimContainer) -> tuple[str, ...]:
    """What runs in the container: its own command, or its image's."""
    spec = container.spec
    image = host.images.get(spec.image_id)
    return (*spec.entrypoint, *(spec.command or (image.command if image else ())))


def create_command(container: SimContainer, pod: SimPod | None) -> tuple[str, ...]:
    """The command line that the container could have been made with."""
    spec = container.spec
    argv = ["podman", "run", "-d", "--name", container.name]
    if pod:
        argv += ["--pod", pod.name]
    for port in spec.ports if not pod else ():
        argv += ["-p", f"{port.host_port}:{port.container_port}/{port.protocol}"]
    for name, address in spec.networks.items():
        if name != "podman" or address:
            argv += ["--network", f"{name}:ip={address}" if address else name]
    for mount in spec.mounts:
        argv += ["-v", f"{mount.source}:{mount.destination}{'' if mount.writable else ':ro'}"]
    for flag, values in (("--env", spec.env), ("--label", spec.labels)):
        argv += [part for key, value in values.items() for part in (flag, f"{key}={value}")]
    for flag, names in (("--secret", spec.secrets), ("--device", spec.devices)):
        argv += [part for name in names for part in (flag, name)]
    argv += [f"--sysctl={key}={value}" for key, value in spec.sysctls.items()]
    if spec.restart_policy != "no":
        argv.append(f"--restart={spec.restart_policy}")
    return (*argv, spec.image, *spec.command)


def inspect_container(host: SimulatedHost, c: SimContainer) -> Inspection:
    """See `podman container inspect`."""
    spec = c.spec
    command = command_line(host, c)
    return {
        "Id": c.id,
        "Created": _when(c.created_s),
        "Path": command[0] if command else "",
        "Args": list(command[1:]),
        "State": _state(c),
        "Image": spec.image_id,
        "ImageDigest": f"sha256:{spec.image_id}",
        "ImageName": spec.image,
        "Rootfs": "",
        "Pod": c.pod_id,
        "StaticDir": container_folder(host, c.id),
        "OCIRuntime": host.info.runtime,
        "Name": c.name,
        "RestartCount": 0,
        "Driver": host.info.storage_driver,
        "IsInfra": c.is_infra,
        "IsService": False,
        "SizeRw": c.layer_bytes,
        "Mounts": [_mount(host, m) for m in spec.mounts],
        "Config": _config(host, c),
        "HostConfig": _host_config(host, c),
        "NetworkSettings": _network_settings(host, c),
    }


def _state(c: SimContainer) -> dict[str, Any]:
    state: dict[str, Any] = {
        "Status": c.state.value,
        "Running": c.running,
        "Paused": c.state == "paused",
        "Restarting": False,
        "OOMKilled": False,
        "Dead": False,
        "Pid": c.pid,
        "ExitCode": c.exit_code,
        "Error": "",
        "StartedAt": _when(c.started_s),
        "FinishedAt": _when(c.finished_s),
        "Checkpointed": c.checkpointed,
        "Restored": c.restored,
    }
    if c.spec.healthcheck:
        state["Health"] = {"Status": "healthy" if c.running else "", "FailingStreak": 0, "Log": []}
    return state


def _mount(host: SimulatedHost, mount: Mount) -> dict[str, Any]:
    entry = {
        "Type": "volume" if mount.is_volume else "bind",
        "Source": volume_path(host, mount.source) if mount.is_volume else mount.source,
        "Destination": mount.destination,
        "Driver": "local" if mount.is_volume else "",
        "Mode": "",
        "Options": ["nosuid", "nodev", *mount.options] if mount.is_volume else list(mount.options),
        "RW": mount.writable,
        "Propagation": "rprivate",
    }
    return {"Name": mount.source, **entry} if mount.is_volume else entry


def _config(host: SimulatedHost, c: SimContainer) -> dict[str, Any]:
    spec = c.spec
    config: dict[str, Any] = {
        "Hostname": spec.hostname or c.id[:12],
        "User": spec.user,
        "Tty": spec.tty,
        "OpenStdin": spec.tty,
        "Env": [f"{key}={value}" for key, value in spec.env.items()],
        "Cmd": list(command_line(host, c)[len(spec.entrypoint) :]) or None,
        "Image": spec.image,
        "WorkingDir": spec.working_dir,
        "Entrypoint": list(spec.entrypoint) or None,
        "Labels": dict(spec.labels) or None,
        "Annotations": {"org.opencontainers.image.stopSignal": "15"},
        "StopSignal": spec.stop_signal,
        "CreateCommand": list(create_command(c, host.pods.get(c.pod_id))),
        "StopTimeout": spec.stop_timeout_s,
        "Timezone": "local",
        "Umask": "0022",
    }
    if spec.healthcheck:
        config["Healthcheck"] = {
            "Test": list(spec.healthcheck),
            "Interval": 30_000_000_000,
            "Timeout": 30_000_000_000,
            "Retries": 3,
        }
    if spec.secrets:
        config["Secrets"] = [
            {"Name": name, "ID": name, "UID": 0, "GID": 0, "Mode": 0o444} for name in spec.secrets
        ]
    return config


def _host_config(host: SimulatedHost, c: SimContainer) -> dict[str, Any]:
    spec, shared = c.spec, _infra(host, c)
    policy, _, retries = spec.restart_policy.partition(":")
    ulimits = [limit.partition("=")[::2] for limit in spec.ulimits]
    return {
        "Binds": [
            f"{m.source}:{m.destination}:{'rw' if m.writable else 'ro'}" for m in spec.mounts
        ],
        "LogConfig": {"Type": "journald", "Config": None, "Path": "", "Tag": "", "Size": "0B"},
        "NetworkMode": f"container:{shared.id}" if shared else spec.network_mode,
        "PortBindings": port_bindings(spec.ports),
        "RestartPolicy": {"Name": policy, "MaximumRetryCount": int(retries or 0)},
        "AutoRemove": spec.auto_remove,
        "CapAdd": [],
        "CapDrop": [],
        "Dns": [],
        "DnsOptions": [],
        "DnsSearch": [],
        "ExtraHosts": [],
        "GroupAdd": [],
        "IpcMode": "shareable",
        "PidMode": "private",
        "UTSMode": "private",
        "Privileged": spec.privileged,
        "PublishAllPorts": False,
        "ReadonlyRootfs": False,
        "SecurityOpt": [],
        "ShmSize": 65_536_000,
        "Sysctls": dict(spec.sysctls),
        "Tmpfs": {},
        "Runtime": "oci",
        "Memory": spec.memory_limit_bytes,
        "MemoryReservation": 0,
        "MemorySwap": 2 * spec.memory_limit_bytes,
        "CpuShares": 0,
        "NanoCpus": 0,
        "Devices": [
            {"PathOnHost": d, "PathInContainer": d, "CgroupPermissions": ""} for d in spec.devices
        ],
        "PidsLimit": 2048,
        "Ulimits": [
            {
                "Name": f"RLIMIT_{name.upper()}",
                "Soft": int(values.split(":")[0]),
                "Hard": int(values.split(":")[-1]),
            }
            for name, values in ulimits
        ],
    }


def _infra(host: SimulatedHost, c: SimContainer) -> SimContainer | None:
    """The container whose network a member of a pod uses."""
    pod = host.pods.get(c.pod_id)
    return host.infra(pod) if pod and not c.is_infra else None


def port_bindings(ports: tuple[Port, ...]) -> dict[str, list[dict[str, str]]]:
    """Ports as Podman's inspections have them."""
    bindings: dict[str, list[dict[str, str]]] = {}
    for port in ports:
        entry = {"HostIp": port.host_ip or "0.0.0.0", "HostPort": str(port.host_port)}  # noqa: S104
        bindings.setdefault(f"{port.container_port}/{port.protocol}", []).append(entry)
    return bindings


def _network_settings(host: SimulatedHost, c: SimContainer) -> dict[str, Any]:
    networks = {
        name: {
            "NetworkID": name,
            "IPAddress": c.addresses.get(name, ""),
            "IPPrefixLen": int(host.networks[name].subnet.partition("/")[2])
            if name in host.networks
            else 0,
            "Gateway": host.networks[name].gateway if name in host.networks else "",
            "MacAddress": f"92:d0:c6:{c.id[:2]}:{c.id[2:4]}:{c.id[4:6]}" if c.running else "",
            "Aliases": [c.id[:12]],
        }
        for name in c.spec.networks
    }
    first: Mapping[str, Any] = next(iter(networks.values()), _EMPTY)
    return {
        "IPAddress": first.get("IPAddress", "") if list(networks) == ["podman"] else "",
        "Gateway": first.get("Gateway", "") if list(networks) == ["podman"] else "",
        "Ports": port_bindings((_infra(host, c) or c).spec.ports),
        "SandboxKey": f"/run/netns/netns-{c.id[:36]}" if c.running else "",
        "Networks": networks,
    }


def inspect_pod(host: SimulatedHost, pod: SimPod) -> Inspection:
    """See `podman pod inspect`."""
    infra = host.infra(pod)
    inside = [*([infra] if infra else []), *host.members(pod)]
    address = next(iter(pod.networks.values()), "")
    return {
        "Id": pod.id,
        "Name": pod.name,
        "Created": _when(pod.created_s),
        "CreateCommand": ["podman", "pod", "create", "--name", pod.name],
        "ExitPolicy": "continue",
        "State": pod_state(host, pod).value.capitalize(),
        "Hostname": pod.hostname,
        "Labels": dict(pod.labels),
        "CreateCgroup": True,
        "CreateInfra": bool(infra),
        "InfraContainerID": pod.infra_id if infra else "",
        "InfraConfig": {
            "PortBindings": port_bindings(pod.ports),
            "HostNetwork": False,
            "StaticIP": address,
            "StaticMAC": "",
            "NoManageResolvConf": False,
            "DNSServer": None,
            "DNSSearch": None,
            "DNSOption": None,
            "NoManageHosts": False,
            "HostAdd": None,
            "Networks": list(pod.networks),
            "NetworkOptions": None,
        }
        if infra
        else None,
        "SharedNamespaces": list(pod.shared),
        "NumContainers": len(inside),
        "Containers": [{"Id": c.id, "Name": c.name, "State": c.state.value} for c in inside],
        "RestartPolicy": pod.restart_policy,
    }


def inspect_image(image: SimImage) -> Inspection:
    """See `podman image inspect`."""
    return {
        "Id": image.id,
        "Digest": f"sha256:{image.id}",
        "RepoTags": list(image.tags),
        "RepoDigests": [],
        "Created": _when(image.created_s),
        "Config": {
            "Cmd": list(image.command) or None,
            "Env": [f"{key}={value}" for key, value in image.env.items()],
        },
        "Architecture": "amd64",
        "Os": "linux",
        "Size": image.size_bytes,
        "VirtualSize": image.size_bytes,
        "Labels": None,
    }


def inspect_network(network: SimNetwork) -> Inspection:
    """See `podman network inspect`."""
    return {
        "name": network.name,
        "id": network.id,
        "driver": network.driver,
        "network_interface": network.interface,
        "created": _when(network.created_s),
        "subnets": [{"subnet": network.subnet, "gateway": network.gateway}],
        "ipv6_enabled": False,
        "internal": network.internal,
        "dns_enabled": network.dns,
        "labels": dict(network.labels),
        "options": dict(network.options),
        "ipam_options": {"driver": "host-local"},
    }


def inspect_volume(host: SimulatedHost, volume: SimVolume) -> Inspection:
    """See `podman volume inspect`."""
    return {
        "Name": volume.name,
        "Driver": volume.driver,
        "Mountpoint": volume_path(host, volume.name),
        "CreatedAt": _when(volume.created_s),
        "Labels": dict(volume.labels),
        "Scope": "local",
        "Options": dict(volume.options),
        "MountCount": len([c for c in host.volume_users(volume.name) if c.running]),
        "NeedsCopyUp": True,
        "LockNumber": 0,
    }
