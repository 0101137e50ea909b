"""Repairing what `podman kube generate` drops or renames, as far as YAML can say it.

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

from core.checks.facts import Facts, ItemFacts, network_names, volume_names
from core.checks.kube import generated_name, kept_labels
from core.checks.names import played_pod
from core.checks.restarts import played_policy
from core.podman.commands import container_addresses, pod_addresses
from core.podman.model import Inspection
from core.podman.options import PlayOptions

NO_POD_PREFIX_SINCE = (5, 7)
"""`podman kube play --no-pod-prefix`."""
_KUBE_POLICY = {"always": "Always", "on-failure": "OnFailure", "no": "Never"}


@dataclass(frozen=True, slots=True)
class Repaired:
    """A YAML that play turns into what the source has, as far as it can be told in YAML."""

    yaml: str = ""
    options: PlayOptions = field(default_factory=PlayOptions)
    renames: tuple[tuple[str, str], ...] = ()
    """(name that play gives, name on the source) of containers."""
    blocks: tuple[str, ...] = ()


def repair(facts: Facts, seen: ItemFacts) -> Repaired:
    """The repaired YAML and how to play it; what is lost all the same, the checks tell."""
    try:
        documents = [d for d in yaml.safe_load_all(seen.kube_yaml) if d]
    except yaml.YAMLError as error:
        return Repaired(blocks=(f"the YAML that Podman generates cannot be read: {error}",))
    pods = [d for d in documents if isinstance(d, dict) and d.get("kind") == "Pod"]
    spec = (pods[0].get("spec") or {}) if len(pods) == 1 else {}
    generated = [str(entry.get("name")) for entry in spec.get("containers") or ()]
    wanted = sorted(generated_name(str(c["Name"])) for c in seen.containers)
    if not generated or sorted(generated) != wanted:
        return Repaired(blocks=("the YAML that Podman generates does not describe this item",))
    pod = copy.deepcopy(pods[0])
    pod_name = played_pod(seen)
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
            start=seen.item.running == len(seen.item.containers),
        ),
        renames=() if keeps_names else tuple((f"{pod_name}-{name}", name) for name in names),
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
    if kept_labels(seen):
        metadata["labels"] = dict(kept_labels(seen))


def _repair_spec(spec: dict[str, Any], facts: Facts, seen: ItemFacts) -> None:
    claims = {
        str(volume["name"]): volume["persistentVolumeClaim"]
        for volume in spec.get("volumes") or ()
        if volume.get("persistentVolumeClaim")
    }
    by_generated = {generated_name(str(c["Name"])): c for c in seen.containers}
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
    spec["restartPolicy"] = _KUBE_POLICY[played_policy(seen)]


def _strange_claims(spec: Mapping[str, Any], seen: ItemFacts) -> list[str]:
    """Volumes that the YAML names and the item does not mount: play would make them, empty."""
    mounted = {name for c in seen.containers for name in volume_names(c)}
    claims = [v.get("persistentVolumeClaim") or {} for v in spec.get("volumes") or ()]
    return [str(c["claimName"]) for c in claims if c and c.get("claimName") not in mounted]


def _image(facts: Facts, container: Inspection) -> str:
    """The image's name, or its ID where that name means another image on the target."""
    image_id = str(container["Image"]).removeprefix("sha256:")
    name = str(container.get("ImageName") or image_id)
    for other, tags in facts.target_has.images.items():
        if name in tags and other != image_id:
            return image_id
    known = (facts.images.get(image_id) or {}).get("RepoTags") or ()
    return name if name in known else image_id


def _networks(seen: ItemFacts) -> Iterator[str]:
    """Values for --network; without any, play would join a network of its own."""
    networks = network_names(seen)
    asked: Mapping[str, str] = {}
    if seen.pod is None:
        container = seen.containers[0]
        mode = str((container.get("HostConfig") or {}).get("NetworkMode") or "")
        if mode == "none":
            yield "none"
        networks = [] if mode in ("host", "none") else networks
        asked = container_addresses(container)
    elif seen.pod.get("InfraContainerID"):
        asked = pod_addresses(seen.pod)
    # Without infra each container has networks of its own: the played pod joins all of them.
    for name in dict.fromkeys(networks):
        yield f"{name}:{asked[name]}" if name in asked else name
