"""Repairing what `podman kube generate` drops or renames, and telling what cannot be repaired.

The rules were read off Podman 5.8's output and podman-kube-play(1): names lose underscores,
volume claims are lower-cased (which would make play create empty volumes), labels and networks
are left out, and a missing restartPolicy means `always` to play.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from core.plan.losses import bind_losses
from core.plan.survey import Facts, ItemFacts
from core.podman.engine import PlayOptions
from core.podman.model import Inspection, Kind

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
}


@dataclass(frozen=True, slots=True)
class Repaired:
    """A YAML that play turns into what the source has, as far as it can be told in YAML."""

    yaml: str = ""
    options: PlayOptions = PlayOptions()
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
    if len(pods) != 1 or len(pods[0].get("spec", {}).get("containers", ())) != len(seen.containers):
        return Repaired(blocks=("the YAML that Podman generates does not describe this item",))
    pod = copy.deepcopy(pods[0])
    pod_name = seen.item.name if seen.item.kind is Kind.POD else f"{seen.item.name}-pod"
    _repair_metadata(pod, seen, pod_name)
    _repair_spec(pod["spec"], facts, seen)
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
    metadata = pod["metadata"]
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
    for index, entry in enumerate(spec["containers"]):
        container = by_generated.get(str(entry.get("name")), seen.containers[index])
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
    policy = (container.get("HostConfig") or {}).get("RestartPolicy") or {}
    return str(policy.get("Name") or "no")


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
        if infra.get("HostNetwork"):
            return
        address = f":ip={infra['StaticIP']}" if infra.get("StaticIP") else ""
        for name in infra.get("Networks") or ():
            yield f"{name}{address}"
        return
    container = seen.containers[0]
    mode = str((container.get("HostConfig") or {}).get("NetworkMode") or "")
    if mode == "host":
        return
    if mode == "none":
        yield "none"
        return
    static = _static_addresses(container)
    for name in (container.get("NetworkSettings") or {}).get("Networks") or ():
        yield f"{name}:ip={static[name]}" if name in static else str(name)


def _static_addresses(container: Inspection) -> Mapping[str, str]:
    """Network name to the address that the operator asked for."""
    found: dict[str, str] = {}
    networks = list((container.get("NetworkSettings") or {}).get("Networks") or ())
    words = [str(w) for w in (container.get("Config") or {}).get("CreateCommand") or ()]
    for flag, value in _flags(words):
        if flag == "--ip" and len(networks) == 1:
            found[networks[0]] = value
        if flag in ("--network", "--net") and ":" in value:
            name, _, options = value.partition(":")
            for option in options.split(","):
                if option.startswith("ip="):
                    found[name] = option[3:]
    return found


def _flags(words: list[str]) -> Iterator[tuple[str, str]]:
    for index, word in enumerate(words):
        if word.startswith("--"):
            flag, equals, value = word.partition("=")
            following = words[index + 1] if index + 1 < len(words) else ""
            yield flag, value if equals else following


def _losses(facts: Facts, seen: ItemFacts) -> Iterator[str]:
    yield "memory and processes do not travel by kube: its programs start afresh"
    for container in seen.containers:
        yield f"{container['Name']}: files changed in its writable layer do not travel by kube"
        yield from _container_losses(facts, seen, container)
    if seen.item.kind is Kind.CONTAINER:
        yield f"it becomes the pod {seen.item.name}-pod with one container"
    yield from bind_losses(seen)


def _container_losses(facts: Facts, seen: ItemFacts, container: Inspection) -> Iterator[str]:
    name, config = container["Name"], container.get("Config") or {}
    if config.get("Healthcheck"):
        yield f"{name}: the healthcheck is dropped"
    if seen.pod is not None and (config.get("Labels") or {}) != _labels(seen):
        yield f"{name}: it gets the pod's labels in place of its own"
    words = [str(w) for w in config.get("CreateCommand") or ()]
    image = str(container.get("ImageName") or "")
    own = words[: words.index(image)] if image in words else words
    for flag, _ in _flags(own):
        if flag in _DROPPED_FLAGS:
            yield f"{name}: {_DROPPED_FLAGS[flag]} ({flag}) are dropped"
    policy = policy_name(container)
    kube_policy = {"Always": "always", "OnFailure": "on-failure", "Never": "no"}
    if facts.target.podman_version < (5, 1) and policy != kube_policy[_pod_restart_policy(seen)]:
        yield f"{name}: restart policy {policy} becomes {kube_policy[_pod_restart_policy(seen)]}"
