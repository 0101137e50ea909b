"""Repairing what `podman kube generate` drops or renames, and telling what cannot be repaired.

The rules were read off Podman 5.8's output and podman-kube-play(1): names lose underscores,
volume claims are lower-cased (which would make play create empty volumes), labels and networks
are left out, and a missing restartPolicy means `always` to play.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from core.plan.losses import bind_losses, stays_armed
from core.plan.survey import Facts, ItemFacts, volume_names
from core.podman.commands import container_addresses, flag_values, own_words, pod_addresses
from core.podman.engine import PlayOptions
from core.podman.model import Inspection, Kind, State

NO_POD_PREFIX_SINCE = (5, 7)
"""`podman kube play --no-pod-prefix`."""

_DROPPED_FLAGS = {
    "--sysctl": "sysctls",
    "--secret": "secrets",
    "--log-driver": "the log driver",
    "--log-opt": "log options",
    "--group-add": "extra groups",
    "--stop-signal": "the stop signal",
    "--stop-timeout": "the stop timeout",
    "--security-opt": "security options",
    "--memory-reservation": "the memory reservation",
    "--memory-swap": "the swap limit",
    "--cpu-shares": "cpu shares",
    "--tmpfs": "sizes of tmpfs mounts",
    "--pids-limit": "the pids limit",
    "--shm-size": "the size of /dev/shm",
    "--requires": "dependencies on other containers",
    "--systemd": "systemd mode",
    "--device": "devices",
    "--network-alias": "further names in its networks",
}


@dataclass(frozen=True, slots=True)
class Repaired:
    """A YAML that play turns into what the source has, as far as it can be told in YAML."""

    yaml: str = ""
    options: PlayOptions = field(default_factory=PlayOptions)
    renames: tuple[tuple[str, str], ...] = ()
    """(name that play gives, name on the source) of containers."""
    losses: tuple[str, ...] = ()
    blocks: tuple[str, ...] = ()


def repair(facts: Facts, seen: ItemFacts) -> Repaired:
    """The repaired YAML, how to play it, and what is lost all the same."""
    try:
        documents = [d for d in yaml.safe_load_all(seen.kube_yaml) if d]
    except yaml.YAMLError as error:
        return Repaired(blocks=(f"the YAML that Podman generates cannot be read: {error}",))
    pods = [d for d in documents if isinstance(d, dict) and d.get("kind") == "Pod"]
    spec = (pods[0].get("spec") or {}) if len(pods) == 1 else {}
    generated = [str(entry.get("name")) for entry in spec.get("containers") or ()]
    if sorted(generated) != sorted(_generated_name(str(c["Name"])) for c in seen.containers):
        return Repaired(blocks=("the YAML that Podman generates does not describe this item",))
    if len(set(generated)) < len(generated):
        reason = "Podman's YAML tells names apart without underscores only: rename a container"
        return Repaired(blocks=(reason,))
    pod = copy.deepcopy(pods[0])
    pod_name = seen.item.name if seen.item.kind is Kind.POD else f"{seen.item.name}-pod"
    _repair_metadata(pod, seen, pod_name)
    _repair_spec(pod["spec"], facts, seen)
    if strange := _strange_claims(pod["spec"], seen):
        reason = f"play would make an empty volume {strange[0]}, which it does not have now"
        return Repaired(blocks=(reason,))
    keeps_names = facts.target.podman_version >= NO_POD_PREFIX_SINCE
    names = [str(c["Name"]) for c in seen.containers]
    text = yaml.safe_dump_all(
        [*(d for d in documents if d is not pods[0]), pod], sort_keys=False, allow_unicode=True
    )
    return Repaired(
        yaml=text,
        options=PlayOptions(
            networks=tuple(_networks(seen)),
            no_pod_prefix=keeps_names,
            start=bool(seen.item.running),
        ),
        renames=() if keeps_names else tuple((f"{pod_name}-{name}", name) for name in names),
        losses=tuple(dict.fromkeys(_losses(facts, seen))),
    )


def _repair_metadata(pod: dict[str, Any], seen: ItemFacts, pod_name: str) -> None:
    metadata = pod["metadata"] = pod.get("metadata") or {}
    metadata.pop("creationTimestamp", None)
    annotations = {
        key: value
        for key, value in (metadata.get("annotations") or {}).items()
        if not key.startswith("io.kubernetes.cri-o.SandboxID")
    }
    metadata.pop("annotations", None)
    if annotations:
        metadata["annotations"] = annotations
    metadata["name"] = pod_name
    metadata.pop("labels", None)
    if _labels(seen):
        metadata["labels"] = dict(_labels(seen))


def _labels(seen: ItemFacts) -> Mapping[str, str]:
    if seen.pod is not None:
        return seen.pod.get("Labels") or {}
    return (seen.containers[0].get("Config") or {}).get("Labels") or {}


def _repair_spec(spec: dict[str, Any], facts: Facts, seen: ItemFacts) -> None:
    claims = {
        str(volume["name"]): volume["persistentVolumeClaim"]
        for volume in spec.get("volumes") or ()
        if volume.get("persistentVolumeClaim")
    }
    by_generated = {_generated_name(str(c["Name"])): c for c in seen.containers}
    for entry in spec["containers"]:
        container = by_generated[str(entry["name"])]
        entry["name"] = str(container["Name"])
        entry["image"] = _image(facts, container)
        entry["imagePullPolicy"] = "Never"
        volumes = {
            str(m["Destination"]): str(m["Name"])
            for m in container.get("Mounts") or ()
            if m.get("Type") == "volume"
        }
        for mount in entry.get("volumeMounts") or ():
            real_name = volumes.get(str(mount.get("mountPath")))
            if real_name and str(mount.get("name")) in claims:
                claims[str(mount["name"])]["claimName"] = real_name
    spec["restartPolicy"] = _pod_restart_policy(seen)


def _strange_claims(spec: Mapping[str, Any], seen: ItemFacts) -> list[str]:
    """Volumes that the YAML names and the item does not mount: play would make them, empty."""
    mounted = {name for c in seen.containers for name in volume_names(c)}
    claims = [v.get("persistentVolumeClaim") or {} for v in spec.get("volumes") or ()]
    return [str(c["claimName"]) for c in claims if c and c.get("claimName") not in mounted]


def _generated_name(name: str) -> str:
    return name.replace("_", "")


def _image(facts: Facts, container: Inspection) -> str:
    """The image's name, or its ID where that name means another image on the target."""
    image_id = str(container["Image"]).removeprefix("sha256:")
    name = str(container.get("ImageName") or image_id)
    for other, tags in facts.target_has.images.items():
        if name in tags and other != image_id:
            return image_id
    known = (facts.images.get(image_id) or {}).get("RepoTags") or ()
    return name if name in known else image_id


def policy_name(container: Inspection) -> str:
    """The container's restart policy in Podman's words; `no` for none."""
    return str(_policy(container).get("Name") or "no")


def _policy(container: Inspection) -> Mapping[str, Any]:
    return (container.get("HostConfig") or {}).get("RestartPolicy") or {}


def _pod_restart_policy(seen: ItemFacts) -> str:
    """Kube has one policy for a pod: the strongest of its containers'."""
    names = {policy_name(c) for c in seen.containers}
    if names & {"always", "unless-stopped"}:
        return "Always"
    return "OnFailure" if "on-failure" in names else "Never"


def _networks(seen: ItemFacts) -> Iterator[str]:
    """Values for --network; without any, play would join a network of its own."""
    if seen.pod is not None:
        infra = seen.pod.get("InfraConfig") or {}
        networks = () if infra.get("HostNetwork") else infra.get("Networks") or ()
        asked = pod_addresses(seen.pod)
    else:
        container = seen.containers[0]
        mode = str((container.get("HostConfig") or {}).get("NetworkMode") or "")
        if mode == "none":
            yield "none"
        networks = (container.get("NetworkSettings") or {}).get("Networks") or ()
        networks = () if mode in ("host", "none") else networks
        asked = container_addresses(container)
    for name in networks:
        yield f"{name}:{asked[name]}" if name in asked else str(name)


def _losses(facts: Facts, seen: ItemFacts) -> Iterator[str]:
    yield "memory and processes do not travel by kube: its programs start afresh"
    for container in seen.containers:
        yield f"{container['Name']}: files changed in its writable layer do not travel by kube"
        yield from _container_losses(facts, seen, container)
    if seen.item.running:
        for idle in seen.item.containers:
            if idle.state is not State.RUNNING:
                yield f"{idle.name} does not run, and play starts it with the others"
    if seen.item.kind is Kind.CONTAINER:
        yield f"it becomes the pod {seen.item.name}-pod with one container"
    yield from bind_losses(seen)


def _container_losses(facts: Facts, seen: ItemFacts, container: Inspection) -> Iterator[str]:
    name, config = container["Name"], container.get("Config") or {}
    if config.get("Healthcheck"):
        yield f"{name}: the healthcheck is dropped"
    if seen.pod is not None and (config.get("Labels") or {}) != _labels(seen):
        yield f"{name}: it gets the pod's labels in place of its own"
    for flag, _ in flag_values(own_words(container)):
        if flag in _DROPPED_FLAGS:
            yield f"{name}: {_DROPPED_FLAGS[flag]} ({flag}) are dropped"
    policy = policy_name(container)
    retries = int(_policy(container).get("MaximumRetryCount") or 0)
    kept = f"{policy}:{retries}" if policy == "on-failure" and retries else policy
    kube_policy = {"Always": "always", "OnFailure": "on-failure", "Never": "no"}
    given = kube_policy[_pod_restart_policy(seen)]
    if facts.target.podman_version < (5, 1) and kept != given:
        yield f"{name}: restart policy {kept} becomes {given}"
    if facts.source.podman_version < (5, 1) and policy != "no":
        yield stays_armed(facts, container)
