"""What a live move cannot carry over, told before anything is stopped."""

from __future__ import annotations

from collections.abc import Iterator

from core.plan.blocks import criu_goes_back
from core.plan.survey import Facts, ItemFacts, bind_sources, network_names
from core.podman.commands import container_addresses
from core.podman.model import Inspection

_SHOWN = 10
"""Files that are named one by one."""


def checkpoint_losses(facts: Facts, seen: ItemFacts) -> tuple[str, ...]:
    """Sentences, each about one thing."""
    return tuple(dict.fromkeys(_checkpoint_losses(facts, seen)))


def _checkpoint_losses(facts: Facts, seen: ItemFacts) -> Iterator[str]:
    if why := criu_goes_back(facts.source, facts.target):
        yield f"{why}: if so, it comes back to {facts.source.label}, or mark it for kube export"
    yield from bind_losses(seen)
    for container in seen.containers:
        yield from _of_container(facts, container)
    for name in dict.fromkeys(network_names(seen)):
        theirs = facts.target_has.networks.get(name)
        ours = facts.networks.get(name)
        if theirs and ours and _subnets(theirs) != _subnets(ours):
            yield (
                f"network {name} has another subnet on {facts.target.label}: "
                "the address inside the container changes"
            )


def _of_container(facts: Facts, container: Inspection) -> Iterator[str]:
    name = container["Name"]
    dropped = sorted(facts.dropped_files.get(str(container["Id"]), ()))
    for path in dropped[:_SHOWN]:
        yield f"{name}: Podman's checkpoint leaves out the changed file {path}: the image's returns"
    if len(dropped) > _SHOWN:
        yield f"{name}: so it does with {len(dropped) - _SHOWN} more changed files of the image"
    if (container.get("Config") or {}).get("Healthcheck"):
        yield (
            f"{name}: the healthcheck's timer is not started again by a restore; "
            "it returns at the next start"
        )
    policy = ((container.get("HostConfig") or {}).get("RestartPolicy") or {}).get("Name")
    if policy and policy != "no" and facts.source.podman_version < (5, 1):
        yield stays_armed(facts, container)
    elif policy and policy != "no" and facts.target.podman_version < (5, 1):
        yield (
            f"{name}: Podman on {facts.target.label} cannot change a restart policy, "
            f"so {policy} becomes no"
        )
    for asked in container_addresses(container).values():
        if "mac=" in asked:
            yield f"{name}: a restore gives it another MAC address than {asked.split('mac=')[1]}"


def stays_armed(facts: Facts, container: Inspection) -> str:
    """The source copy keeps its restart policy, as Podman there cannot change it."""
    policy = container["HostConfig"]["RestartPolicy"]["Name"]
    return (
        f"{container['Name']}: Podman on {facts.source.label} cannot change a restart policy "
        f"({policy}), so a reboot there would start the old copy: accept the move before that"
    )


def bind_losses(seen: ItemFacts) -> Iterator[str]:
    """Bind mounts point at the target's own files."""
    for path in sorted({p for c in seen.containers for p in bind_sources(c)}):
        yield f"the contents of {path} do not travel: the target's own {path} is mounted"


def _subnets(network: Inspection) -> list[str]:
    return sorted(str(entry.get("subnet")) for entry in network.get("subnets") or ())
