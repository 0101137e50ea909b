"""Kube YAML as Podman generates it, with what it drops, and as it plays it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import yaml

from core.podman.model import Port
from core.simulated.host import Refusal, SimulatedHost
from core.simulated.inspection import command_line
from core.simulated.things import Mount, SimContainer, SimPod

_HEADER = (
    "# Save the output of this file and use kubectl create -f to import\n"
    "# it into Kubernetes.\n#\n# Created with podman-{version}\n"
)


def generate(host: SimulatedHost, name: str) -> str:
    """What `podman kube generate` prints. Refuses what is not there."""
    document = _document(host, name)
    version = ".".join(map(str, host.info.podman_version))
    return _HEADER.format(version=version) + yaml.safe_dump(document, allow_unicode=True)


def _document(host: SimulatedHost, name: str) -> dict[str, Any]:
    pod = host.find_pod(name)
    if pod is not None:
        members = host.members(pod)
        if not members:
            raise Refusal(f"Error: pod {pod.name} has no containers")
        return _pod_yaml(host, members, pod=pod)
    single = host.find_container(name)
    if single is None:
        raise Refusal(f'Error: name or ID "{name}" not found')
    if single.spec.devices and not single.spec.privileged:
        raise Refusal("Error: devices are not supported unless the container is privileged")
    return _pod_yaml(host, [single], pod=None)


def _pod_yaml(
    host: SimulatedHost, containers: list[SimContainer], *, pod: SimPod | None
) -> dict[str, Any]:
    app = pod.name if pod else containers[0].name
    ports = pod.ports if pod else containers[0].spec.ports
    spec: dict[str, Any] = {
        "containers": [
            _container_yaml(host, c, ports if index == 0 else ())
            for index, c in enumerate(containers)
        ]
    }
    policies = {c.spec.restart_policy.partition(":")[0] for c in containers}
    policy = next(iter(policies)) if len(policies) == 1 else "no"
    told = {"always": "Always", "on-failure": "OnFailure", "unless-stopped": "Always"}.get(policy)
    if told or pod is None:
        spec["restartPolicy"] = told or "Never"
    if pod is not None and pod.hostname != pod.name:
        spec["hostname"] = pod.hostname
    volumes = [_volume_yaml(m) for c in containers for m in c.spec.mounts]
    if volumes:
        spec["volumes"] = list({v["name"]: v for v in volumes}.values())
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "annotations": {
                f"io.kubernetes.cri-o.SandboxID/{kube_name(c.name)}": c.pod_id or c.id
                for c in containers
            },
            "creationTimestamp": datetime.fromtimestamp(host.clock(), UTC).isoformat(),
            "labels": {"app": kube_name(app)},
            "name": kube_name(app if pod else f"{app}-pod"),
        },
        "spec": spec,
    }


def _container_yaml(
    host: SimulatedHost, c: SimContainer, ports: tuple[Port, ...]
) -> dict[str, Any]:
    entry: dict[str, Any] = {"image": c.spec.image, "name": kube_name(c.name)}
    if command := list(command_line(host, c)):
        entry["args"] = command
    if c.spec.env:
        entry["env"] = [{"name": k, "value": v} for k, v in c.spec.env.items()]
    if ports:
        entry["ports"] = [_port_yaml(p) for p in ports]
    if c.spec.memory_limit_bytes:
        entry["resources"] = {"limits": {"memory": str(c.spec.memory_limit_bytes)}}
    if c.spec.privileged:
        entry["securityContext"] = {"privileged": True}
    if c.spec.mounts:
        entry["volumeMounts"] = [
            {"mountPath": m.destination, "name": _volume_name(m)}
            | ({} if m.writable else {"readOnly": True})
            for m in c.spec.mounts
        ]
    return entry


def _port_yaml(port: Port) -> dict[str, Any]:
    entry: dict[str, Any] = {"containerPort": port.container_port, "hostPort": port.host_port}
    if port.host_ip:
        entry["hostIP"] = port.host_ip
    if port.protocol != "tcp":
        entry["protocol"] = port.protocol.upper()
    return entry


def kube_name(name: str) -> str:
    """A name as it survives kube generate: underscores vanish."""
    return name.replace("_", "")


def claim_name(volume: str) -> str:
    """A volume's name as it survives: lower case, with `-` for `_`."""
    return volume.lower().replace("_", "-")


def _volume_name(mount: Mount) -> str:
    if mount.is_volume:
        return f"{claim_name(mount.source)}-pvc"
    return f"{mount.source.strip('/').replace('/', '-').lower() or 'root'}-host"


def _volume_yaml(mount: Mount) -> dict[str, Any]:
    if mount.is_volume:
        claim = {"claimName": claim_name(mount.source)}
        return {"name": _volume_name(mount), "persistentVolumeClaim": claim}
    path = {"path": mount.source, "type": "Directory"}
    return {"name": _volume_name(mount), "hostPath": path}


def pods_in(text: str) -> Iterable[Mapping[str, Any]]:
    """The pods that a YAML describes. Refuses what is no kube YAML."""
    try:
        documents = [d for d in yaml.safe_load_all(text) if d]
    except yaml.YAMLError as error:
        raise Refusal(f"Error: multi doc yaml could not be split: {error}") from error
    pods = [d for d in documents if isinstance(d, dict) and d.get("kind") == "Pod"]
    if not pods:
        raise Refusal("Error: YAML document does not contain any supported kube kind")
    return pods
