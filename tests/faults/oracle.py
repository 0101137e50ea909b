"""Looks at both simulated hosts after a case, and knows nothing of how Podferry works.

It shares no code with core/migrate or core/journal: it reads what the hosts hold and what has
happened on them, and says in words what the ten promises of the design do not allow.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.podman.model import Route
from core.simulated import SimulatedHost
from core.simulated.lifecycle import boot, crash, pod_state
from core.simulated.tarstream import Blob
from core.simulated.things import Content, SimContainer
from tests.faults.scene import HITS, VOLUME, Scene


@dataclass
class Held:
    """What a host holds, as far as it may not change by accident."""

    containers: Mapping[str, Any]
    pods: Mapping[str, Any]
    images: Mapping[str, Any]
    networks: Mapping[str, Any]
    volumes: Mapping[str, Any]
    leftovers: Mapping[str, Any] = field(default_factory=dict)

    def differences(self, other: Held) -> Iterator[str]:
        """What the other has more, less or otherwise."""
        for what in ("containers", "pods", "images", "networks", "volumes", "leftovers"):
            mine, theirs = getattr(self, what), getattr(other, what)
            for key in mine.keys() | theirs.keys():
                if mine.get(key) != theirs.get(key):
                    yield f"{what} {key}: {mine.get(key)!r} became {theirs.get(key)!r}"


def digest(content: Content) -> str:
    """What stands for contents."""
    if isinstance(content, Blob):
        return f"{content.size}:{content.seed}"
    return hashlib.sha256(content).hexdigest()[:12]


def held(host: SimulatedHost) -> Held:
    """Look at a host."""
    return Held(
        containers={
            c.name: (c.id, _pod(host, c), c.spec.restart_policy, c.running, _files(c.files))
            for c in host.containers.values()
            if not c.is_infra
        },
        pods={p.name: pod_state(host, p) for p in host.pods.values()},
        images={i.id[:12]: tuple(sorted(i.tags)) for i in host.images.values()},
        networks={n.name: n.subnet for n in host.networks.values()},
        volumes={
            v.name: _files({k: c for k, c in v.files.items() if k != HITS})
            for v in host.volumes.values()
        },
        leftovers={
            **{f"archive {name}": "arrived" for name in host.arrived},
            **{f"archive {name}": "arriving" for name in host.receiving},
            **{f"claim on {item[:12]}": owner for item, owner in host.claims.items()},
            **{f"checkpoint of {c.name}": "left" for c in host.containers.values() if c.left},
        },
    )


def _pod(host: SimulatedHost, container: SimContainer) -> str:
    """By name: a pod that has been moved back has another ID, and another infra container."""
    return host.pods[container.pod_id].name if container.pod_id else ""


def _files(files: Mapping[str, Content]) -> Mapping[str, str]:
    return {path.removeprefix("./"): digest(content) for path, content in files.items()}


class Oracle:
    """Remembers how both hosts were, and judges how they are."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.archive_may_wait = False
        """Whether the target was away when the archive was to be deleted: accept deletes it."""
        self.rolled_back = False
        """Whether the operator has given up the copy that the source had kept."""
        self.old_was, self.new_was = held(scene.old), held(scene.new)
        self._ids = {c.id for c in scene.old.containers.values()} - {
            scene.old.container("bystander").id
        }

    def back_on_source(self) -> list[str]:
        """The source runs it as ever, and the target is as it was."""
        wrongs = list(self.old_was.differences(held(self.scene.old)))
        wrongs += self.new_was.differences(held(self.scene.new))
        return [*wrongs, *self._restores(), *self._deleted()]

    def moved(self) -> list[str]:
        """The target runs it with all that it had; the source keeps a copy that stays down."""
        wrongs = [*self._arrived(), *self._kept(), *self._restores(), *self._deleted()]
        left = held(self.scene.new).leftovers
        if self.archive_may_wait:
            left = {what: how for what, how in left.items() if not what.startswith("archive")}
        return [*wrongs, *(f"{what} on the target" for what in left)]

    def accepted(self) -> list[str]:
        """The target runs it, and nothing is on the source that could come back."""
        scene, source = self.scene, held(self.scene.old)
        wrongs = self._arrived()
        wrongs += [f"{left} on the target" for left in held(scene.new).leftovers]
        wrongs += [f"{n} is still on the source" for n in scene.names if n in source.containers]
        wrongs += [f"pod {p} is still on the source" for p in source.pods]
        wrongs += [f"{left} on the source" for left in source.leftovers]
        return [*wrongs, *self._comes_back()]

    def _arrived(self) -> list[str]:
        scene, was, target = self.scene, self.old_was, held(self.scene.new)
        wrongs = []
        for name in scene.names:
            then, now = was.containers[name], target.containers.get(name)
            if now is None:
                wrongs.append(f"{name} is not on the target")
                continue
            if not now[3]:
                wrongs.append(f"{name} does not run on the target")
            if now[2] != then[2]:
                wrongs.append(f"{name} has restart policy {now[2]} on the target, not {then[2]}")
            if scene.route is Route.CHECKPOINT and (now[0], now[4]) != (then[0], then[4]):
                wrongs.append(f"{name} has another ID or other files on the target")
        if target.volumes.get(VOLUME) != was.volumes[VOLUME]:
            wrongs.append(f"the volume has {target.volumes.get(VOLUME)} on the target")
        for name, was_held in (
            ("containers", self.new_was.containers),
            ("volumes", self.new_was.volumes),
        ):
            now_held = getattr(target, name)
            wrongs += [
                f"{name}: {k} was touched" for k in was_held if now_held.get(k) != was_held[k]
            ]
            own = {*scene.names, VOLUME}
            strange = now_held.keys() - was_held.keys() - own
            wrongs += [f"{name}: {k} is too much" for k in strange]
        return wrongs

    def _kept(self) -> list[str]:
        """Nothing of the source is gone before accept, and it does not start by itself."""
        was, source = self.old_was, held(self.scene.old)
        wrongs = ["claim left on the source" for left in source.leftovers if "claim" in left]
        for what in ("containers", "pods", "images", "networks", "volumes"):
            gone = getattr(was, what).keys() - getattr(source, what).keys()
            wrongs += [f"{what} {key} is gone from the source" for key in gone]
        if source.volumes.get(VOLUME) != was.volumes[VOLUME]:
            wrongs.append("the volume on the source was changed")
        return [*wrongs, *self._comes_back()]

    def _comes_back(self) -> list[str]:
        """What runs of the item on the source, now or after its next boot."""
        crash(self.scene.old)
        boot(self.scene.old)
        found = (self.scene.old.find_container(name) for name in self.scene.names)
        return [f"{c.name} came back on the source" for c in found if c and c.running]

    def _restores(self) -> list[str]:
        """A checkpoint was restored once, and never after the source had run again."""
        wrongs = []
        events = sorted(
            (at, host.label, change)
            for host in self.scene.hosts
            for at, change in host.history
            if change.id in self._ids
        )
        fresh: dict[str, set[str]] = {}
        for _, where, change in events:
            used = fresh.setdefault(change.id, set())
            if change.action == "checkpoint":
                used.clear()
            elif change.action == "start" and where == "old":
                used.add("ran")
            elif change.action == "restore":
                if "ran" in used:
                    wrongs.append(f"a checkpoint of {change.name} was restored after it had run")
                if where in used:
                    wrongs.append(f"a checkpoint of {change.name} was restored twice on {where}")
                if where == "new" and "old" in used:
                    wrongs.append(f"{change.name} was restored on new after old had it back")
                used.add(where)
        return wrongs

    def _deleted(self) -> list[str]:
        """What was removed from the source although nobody had agreed to that."""
        if self.rolled_back:
            return []
        return [
            f"{change.name} was removed from the source"
            for _, change in self.scene.old.history
            if change.action == "remove" and change.id in self._ids
        ]
