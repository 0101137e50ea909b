"""The few commands that a simulated host knows: those that Podferry's own fixes run."""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Sequence
from typing import Any

from core.podman import criu_config, nodatacow, units, volume_names
from core.podman.commands import flag_values
from core.simulated.host import Refusal, SimulatedHost
from core.simulated.lifecycle import start, stop
from core.simulated.making import make_container, make_network
from core.simulated.tarstream import read_tar
from core.simulated.things import SimImage, Spec

COUNTS = ("/canary",)
"""The program that writes a number to its log, here whenever somebody looks at it."""


def command(host: SimulatedHost, argv: Sequence[str], stdin: bytes) -> str:
    """Run a command; what it prints. Refuses what it does not know."""
    match tuple(argv):
        case ("cat",):
            return stdin.decode(errors="replace")
        case ("podman", *words):
            return _podman(host, words, stdin)
        case ("sh", "-c", script, "podferry", *words):
            return _script(host, script, words)
        case ("systemctl", "mask" | "unmask" | "enable" | "disable" | "start", *_):
            return ""
        case _:
            raise Refusal(f"sh: {argv[0]}: this command is not simulated")


def _script(host: SimulatedHost, script: str, words: Sequence[str]) -> str:
    match (script, *words):
        case (nodatacow.SET, _, flag):
            host.info = dataclasses.replace(host.info, copy_on_write=flag == "-C")
        case (nodatacow.REWRITE, _, flag, _):
            _rewrite(host, flag)
        case (criu_config.SET, option, value):
            options = {**host.info.criu_options, option: value}
            host.info = dataclasses.replace(host.info, criu_options=options)
        case (criu_config.UNSET, option, value):
            kept = {k: v for k, v in host.info.criu_options.items() if (k, v) != (option, value)}
            host.info = dataclasses.replace(host.info, criu_options=kept)
        case (units.MASK, unit, _):
            host.masked.add(unit)
        case (units.UNMASK, unit, _):
            host.masked.discard(unit)
        case (volume_names.RENAME, old, new):
            _rename_volume(host, old, new)
        case _:
            raise Refusal("sh: this script is not simulated")
    return ""


def _podman(host: SimulatedHost, words: Sequence[str], stdin: bytes) -> str:
    match tuple(word for word in words if word != "--"):
        case ("network", "create", *flags, name):
            return _create_network(host, name, flags)
        case ("network", "rm", "--", name) | ("network", "rm", name):
            if any(name in c.spec.networks for c in host.containers.values()):
                raise Refusal(f'Error: "{name}" has associated containers with it')
            host.network(name)
            del host.networks[name]
            return name
        case ("secret", "rm", "--", name) | ("secret", "rm", name):
            if name not in host.secrets:
                raise Refusal(f'Error: no secret with name or id "{name}": no such secret')
            host.secrets.discard(name)
            host.secret_values.pop(name, None)
            return name
        case ("image", "rm", name):
            image = host.find_image(name)
            if image is None or any(c.spec.image_id == image.id for c in host.containers.values()):
                raise Refusal(f"Error: {name}: image not known, or in use by a container")
            del host.images[image.id]
            return image.id
        case ("image", "load", "--quiet"):
            return _load(host, stdin)
        case ("run", *flags, image):
            return _run(host, flags, image)
        case _:
            raise Refusal(f"Error: podman {words[0]} is not simulated")


def _rename_volume(host: SimulatedHost, old: str, new: str) -> None:
    mounts = (mount for c in host.containers.values() for mount in c.spec.mounts)
    if any(mount.is_volume and mount.source == old for mount in mounts):
        raise Refusal(f"volume {old} is in use")
    if new in host.volumes:
        raise Refusal(f"Error: volume with name {new} already exists: volume already exists")
    host.volumes[new] = dataclasses.replace(host.volume(old), name=new)
    del host.volumes[old]


def _load(host: SimulatedHost, archive: bytes) -> str:
    members = read_tar(io.BytesIO(archive), sealed=False)

    def read(name: str) -> Any:
        content = members[name]
        return json.loads(content if isinstance(content, bytes) else b"")

    (entry,) = read("manifest.json")
    config = read(entry["Config"])
    image = SimImage(
        id=str(entry["Config"]).removesuffix(".json"),
        tags=tuple(entry["RepoTags"]),
        size_bytes=len(archive),
        command=tuple(config["config"]["Cmd"]),
    )
    host.images[image.id] = image
    return f"Loaded image: {image.tags[0]}"


def _run(host: SimulatedHost, flags: Sequence[str], image: str) -> str:
    found = host.find_image(image)
    if found is None:
        raise Refusal(f"Error: {image}: image not known")
    values = list(flag_values(flags))
    labels = dict(v.partition("=")[::2] for flag, v in values if flag == "--label")
    spec = Spec(image=image, image_id=found.id, command=found.command, labels=labels)
    return make_container(host, dict(values)["--name"], spec).id


def _rewrite(host: SimulatedHost, flag: str) -> None:
    running = [c for c in host.containers.values() if c.running]
    for container in running:
        stop(host, container)
    host.rewritten = flag == "+C"
    for container in running:
        start(host, container)


def _create_network(host: SimulatedHost, name: str, flags: Sequence[str]) -> str:
    if name in host.networks:
        raise Refusal(f"Error: network name {name} already used: network already exists")
    subnet = dict(flag_values(flags)).get("--subnet") or f"10.89.{len(host.networks)}.0/24"
    if subnet in {network.subnet for network in host.networks.values()}:
        raise Refusal(f"Error: subnet {subnet} is already used on the host or by another config")
    make_network(host, name, subnet)
    return name
