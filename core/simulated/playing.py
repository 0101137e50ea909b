"""The kube route on a simulated host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.podman import commands
from core.podman.model import Port
from core.podman.options import PlayOptions
from core.simulated import kube, lifecycle
from core.simulated.base import Base
from core.simulated.host import Refusal, SimulatedHost, make_id
from core.simulated.making import make_container, make_network, make_pod
from core.simulated.things import Mount, SimImage, SimPod, SimVolume, Spec

KUBE_NETWORK = "podman-default-kube-network"
_POLICIES = {"Always": "always", "OnFailure": "on-failure", "Never": "no"}


class Playing(Base):
    """The part of Engine that generates and plays kube YAML."""

    async def generate_kube(self, name: str) -> str:
        """See Engine."""
        async with self._verb("generate_kube", name):
            return kube.generate(self.world, name)

    async def play_kube(self, yaml: str, options: PlayOptions) -> None:
        """See Engine."""
        async with self._verb("play_kube", "", commands.play_kube(options)):
            for document in kube.pods_in(yaml):
                play(self.world, document, options)


def play(host: SimulatedHost, document: Mapping[str, Any], options: PlayOptions) -> None:
    """Create and start one pod. Refuses what Podman would refuse; what was made then stays."""
    spec = document.get("spec") or {}
    name = str(document["metadata"]["name"])
    entries = list(spec.get("containers") or ())
    volumes = {str(v["name"]): _volume(host, v) for v in spec.get("volumes") or ()}
    pod = make_pod(
        host,
        name,
        ports=tuple(_port(p) for entry in entries for p in entry.get("ports") or ()),
        networks=_networks(host, options),
        labels=dict(document["metadata"].get("labels") or {}),
        hostname=str(spec.get("hostname") or ""),
    )
    policy = _POLICIES[str(spec.get("restartPolicy") or "Always")]
    for entry in entries:
        own = str(entry["name"])
        made = _spec(host, pod, entry, volumes, policy)
        full_name = own if options.no_pod_prefix else f"{name}-{own}"
        make_container(host, full_name, made, pod=pod, running=False)
    if options.start:
        lifecycle.start_pod(host, pod)


def _networks(host: SimulatedHost, options: PlayOptions) -> dict[str, str]:
    if not options.networks:
        make_network(host, KUBE_NETWORK, "10.89.255.0/24")
        return {KUBE_NETWORK: ""}
    found: dict[str, str] = {}
    for value in options.networks:
        name, _, rest = value.partition(":")
        host.network(name)
        found[name] = next((o[3:] for o in rest.split(",") if o.startswith("ip=")), "")
    return found


def _volume(host: SimulatedHost, volume: Mapping[str, Any]) -> Mount:
    claim = volume.get("persistentVolumeClaim")
    if claim:
        name = str(claim["claimName"])
        host.volumes.setdefault(name, SimVolume(name, created_s=host.clock()))
        return Mount("", name)
    path = str((volume.get("hostPath") or {}).get("path") or "")
    if path not in host.paths:
        raise Refusal(f"Error: failed to create volume {volume['name']}: stat {path}: no such file")
    return Mount("", path, is_volume=False)


def _spec(
    host: SimulatedHost,
    pod: SimPod,
    entry: Mapping[str, Any],
    volumes: Mapping[str, Mount],
    policy: str,
) -> Spec:
    image = _image(host, str(entry["image"]))
    limits = (entry.get("resources") or {}).get("limits") or {}
    return Spec(
        image=str(entry["image"]),
        image_id=image.id,
        command=tuple(map(str, entry.get("args") or ())),
        entrypoint=tuple(map(str, entry.get("command") or ())),
        env={str(e["name"]): str(e.get("value") or "") for e in entry.get("env") or ()},
        labels=dict(pod.labels),
        mounts=tuple(
            Mount(
                destination=str(m["mountPath"]),
                source=volumes[str(m["name"])].source,
                is_volume=volumes[str(m["name"])].is_volume,
                writable=not m.get("readOnly"),
            )
            for m in entry.get("volumeMounts") or ()
        ),
        restart_policy=policy,
        memory_limit_bytes=int(limits.get("memory") or 0),
        privileged=bool((entry.get("securityContext") or {}).get("privileged")),
    )


def _image(host: SimulatedHost, name: str) -> SimImage:
    if found := host.find_image(name):
        return found
    raise Refusal(
        f"Error: initializing source for {name}: pinging container registry: "
        f"no such host (request {make_id(name)[:8]})"
    )


def _port(port: Mapping[str, Any]) -> Port:
    return Port(
        host_port=int(port.get("hostPort") or 0),
        container_port=int(port["containerPort"]),
        protocol=str(port.get("protocol") or "TCP").lower(),
        host_ip=str(port.get("hostIP") or ""),
    )
