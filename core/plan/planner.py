"""Facts and marks in, plan out: which items can move, by which steps, and what will be lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from core.checks.facts import Facts, ItemFacts, network_names, volume_names
from core.checks.model import Flag, Severity, Verdict
from core.checks.restarts import can_update_restart, policy_name, restart_policy
from core.checks.space import needed_bytes
from core.checks.verdicts import Report, look
from core.plan import kube
from core.plan.estimate import downtime_s
from core.plan.model import ItemPlan, Marks, Plan, PlannedCommand, Step, StepKind
from core.podman import commands
from core.podman.model import Inspection, Kind, Route, State
from core.podman.options import CheckpointOptions, RestoreOptions

KEEP_ADDRESS = "keep-address"
"""Value of a restore step whose container has an address that the operator chose."""


def make_plan(
    facts: Facts, marks: Marks, weigh: Callable[[Report], Report] = lambda report: report
) -> Plan:
    """The plan for these marks, in their order.

    `weigh` lets what was tried on the hosts outrank what the checks say of them.
    """
    repaired = {
        name: kube.repair(facts, facts.items[name])
        for name, route in marks.items()
        if route is Route.KUBE and name in facts.items
    }
    # What cannot be played takes nothing from the others.
    sound = {n: route for n, route in marks.items() if n not in repaired or not repaired[n].blocks}
    report = weigh(look(facts, sound))
    items = []
    for name, route in marks.items():
        seen = facts.items.get(name)
        if seen is None:
            gone = (f"{name} is not on {facts.source.label} any more",)
            items.append(ItemPlan(name, "", Kind.CONTAINER, route, blocks=gone))
            continue
        items.append(_plan_item(facts, seen, report.verdict(name, route), repaired.get(name)))
    return Plan(facts.source.label, facts.target.label, tuple(items))


def _plan_item(
    facts: Facts, seen: ItemFacts, verdict: Verdict, repaired: kube.Repaired | None
) -> ItemPlan:
    item, route = seen.item, verdict.route
    reasons = _sentences(verdict, Severity.BLOCKED) or (repaired.blocks if repaired else ())
    if reasons:
        return ItemPlan(item.name, item.id, item.kind, route, blocks=reasons)
    steps = [*_staging(facts, seen)]
    if item.running:
        steps += _volume_passes(facts, seen, StepKind.FIRST_PASS)
    steps += _disarming(facts, seen)
    if repaired:
        steps += _kube_steps(facts, seen, repaired)
    else:
        steps += _checkpoint_steps(facts, seen, verdict.flags)
    return ItemPlan(
        name=item.name,
        id=item.id,
        kind=item.kind,
        route=route,
        steps=tuple(steps),
        losses=_sentences(verdict, Severity.LOSS),
        flags=verdict.flags,
        estimated_bytes=needed_bytes(facts, seen, route),
        estimated_downtime_s=downtime_s(item, route, seen.memory_bytes),
        kube_yaml=repaired.yaml if repaired else "",
        generated_yaml=seen.kube_yaml,
        play=repaired.options if repaired else None,
        containers=tuple(c.name for c in item.containers if c.state is State.RUNNING),
        container_ids=tuple(str(c["Id"]) for c in seen.containers),
        was_running=bool(item.running),
    )


def _sentences(verdict: Verdict, severity: Severity) -> tuple[str, ...]:
    return tuple(dict.fromkeys(f.what for f in verdict.findings if f.severity is severity))


def image_ids(seen: ItemFacts) -> list[str]:
    """IDs of the images that an item's containers run, each once."""
    return list(dict.fromkeys(str(c["Image"]).removeprefix("sha256:") for c in seen.containers))


def _image_names(seen: ItemFacts, image: str) -> tuple[str, ...]:
    """What an item's containers call an image; never its ID or digest."""
    names = (
        str(c.get("ImageName") or "")
        for c in seen.containers
        if str(c["Image"]).removeprefix("sha256:") == image
    )
    return tuple(dict.fromkeys(n for n in names if n and "@" not in n and not image.startswith(n)))


def volume_names_of(seen: ItemFacts) -> list[str]:
    """Volumes that an item mounts, each once."""
    return list(dict.fromkeys(name for c in seen.containers for name in volume_names(c)))


def _staging(facts: Facts, seen: ItemFacts) -> Iterable[Step]:
    source, target = facts.source.label, facts.target.label
    for image in image_ids(seen):
        tags = (facts.images.get(image) or {}).get("RepoTags") or (image[:12],)
        yield Step(
            StepKind.STAGE_IMAGE,
            image,
            (
                PlannedCommand(source, commands.save_image(image)),
                PlannedCommand(target, commands.load_image()),
            )
            if image not in facts.target_has.images
            else (),
            label=str(tags[0]),
            names=_image_names(seen, image),
        )
    for name in dict.fromkeys(network_names(seen)):
        if name not in facts.target_has.networks and name in facts.networks:
            command = commands.create_network(facts.networks[name])
            yield Step(StepKind.MAKE_NETWORK, name, (PlannedCommand(target, command),))
    for name in volume_names_of(seen):
        if name in facts.volumes:
            command = commands.create_volume(facts.volumes[name])
            yield Step(StepKind.MAKE_VOLUME, name, (PlannedCommand(target, command),))


def _disarming(facts: Facts, seen: ItemFacts) -> Iterable[Step]:
    if not can_update_restart(facts.source.podman_version):
        return
    for container in seen.containers:
        if restart_policy(container):
            command = commands.set_restart_policy(container["Name"], "no")
            yield Step(
                StepKind.DISARM,
                str(container["Id"]),
                (PlannedCommand(facts.source.label, command),),
                label=str(container["Name"]),
                value=restart_policy(container),
            )


def _checkpoint_steps(facts: Facts, seen: ItemFacts, flags: frozenset[Flag]) -> Iterable[Step]:
    source, target = facts.source.label, facts.target.label
    dump = commands.checkpoint(
        CheckpointOptions(tcp_established=Flag.TCP in flags, file_locks=Flag.FILE_LOCKS in flags)
    )
    pod = seen.pod
    if pod is not None:
        command = commands.create_pod(pod, facts.target.podman_version)
        yield Step(StepKind.MAKE_POD, str(pod["Name"]), (PlannedCommand(target, command),))
    for container in seen.containers:
        yield Step(
            StepKind.DUMP,
            str(container["Id"]),
            (PlannedCommand(source, (*dump, "--export", "…", container["Name"])),),
            label=str(container["Name"]),
            estimated_bytes=seen.memory.get(str(container["Id"]), 0),
        )
    yield from _volume_passes(facts, seen, StepKind.COPY_VOLUME)
    pod_name = str(pod["Name"]) if pod is not None else ""
    for container in seen.containers:
        options = RestoreOptions(
            pod=pod_name,
            tcp_close=Flag.TCP in flags,
            file_locks=Flag.FILE_LOCKS in flags,
            ignore_static_ip=not has_static_address(container),
        )
        yield Step(
            StepKind.RESTORE,
            str(container["Id"]),
            (PlannedCommand(target, (*commands.restore(options), "--import", "…/rest.tar")),),
            label=str(container["Name"]),
            value=KEEP_ADDRESS if not options.ignore_static_ip else "",
        )
    yield Step(StepKind.PROBE, seen.item.id, label=seen.item.name)
    yield from _rearming(facts, seen)
    if pod is not None:
        stop = commands.act("stop", Kind.POD, str(pod["Name"]))
        yield Step(StepKind.STOP, str(pod["Name"]), (PlannedCommand(source, stop),))


def has_static_address(container: Inspection) -> bool:
    """Whether the operator asked for the address that the container has (--ip, network:ip=)."""
    asked = commands.container_addresses(container)
    joined = (container.get("NetworkSettings") or {}).get("Networks") or ()
    # Podman keeps all of a container's addresses or none: one that was given out is not kept.
    return bool(asked) and all(
        any(key in asked.get(name, "") for key in ("ip=", "ip6=")) for name in joined
    )


def _rearming(facts: Facts, seen: ItemFacts, *, after_play: bool = False) -> Iterable[Step]:
    """Play gives all containers of a pod one policy, so after it each is set to its own."""
    if not can_update_restart(facts.target.podman_version):
        return
    played = {policy_name(c) for c in seen.containers}
    for container in seen.containers:
        policy = restart_policy(container) or ("no" if after_play and len(played) > 1 else "")
        if policy:
            command = commands.set_restart_policy(container["Name"], policy)
            yield Step(
                StepKind.REARM,
                str(container["Name"]),
                (PlannedCommand(facts.target.label, command),),
                value=policy,
            )


def _volume_passes(facts: Facts, seen: ItemFacts, kind: StepKind) -> Iterable[Step]:
    for name in volume_names_of(seen):
        mountpoint = str((facts.volumes.get(name) or {}).get("Mountpoint") or name)
        yield Step(
            kind,
            name,
            (
                PlannedCommand(facts.source.label, commands.export_volume(mountpoint)),
                PlannedCommand(facts.target.label, commands.import_volume(mountpoint)),
            ),
        )


def _kube_steps(facts: Facts, seen: ItemFacts, repaired: kube.Repaired) -> Iterable[Step]:
    source, target, item = facts.source.label, facts.target.label, seen.item
    if item.state not in (State.EXITED, State.CREATED):
        stop = commands.act("stop", item.kind, item.name)
        yield Step(StepKind.STOP, item.id, (PlannedCommand(source, stop),), label=item.name)
    yield from _volume_passes(facts, seen, StepKind.COPY_VOLUME)
    play = commands.play_kube(repaired.options)
    yield Step(StepKind.PLAY, item.name, (PlannedCommand(target, play),))
    for old, new in repaired.renames:
        yield Step(
            StepKind.RENAME,
            old,
            (PlannedCommand(target, commands.rename(old, new)),),
            label=new,
            value=new,
        )
    if not repaired.options.start:
        for container in item.containers:
            if container.state is State.RUNNING:
                start = commands.act("start", Kind.CONTAINER, container.name)
                yield Step(StepKind.START, container.name, (PlannedCommand(target, start),))
    yield Step(StepKind.PROBE, item.id, label=item.name)
    yield from _rearming(facts, seen, after_play=True)
