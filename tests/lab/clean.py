"""Putting hosts that tests share back to how a test wants to find them."""

import json
import shlex
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.lab.host import LabHost
from tests.lab.images import COUNTER, load_counter

LOOK = r"""
for home in /home/*; do
    [ -d "$home/.local/share/containers" ] || continue
    pkill -KILL -u "${home##*/}" || :
    rm -rf "$home/.local/share/containers" "/run/user/$(id -u "${home##*/}")"/*
done
find /srv /tmp -mindepth 1 -maxdepth 1 -exec rm -rf {} +
api=http://d/v4.0.0/libpod
curl -sf -m 20 -w '\n' --unix-socket /run/podman/podman.sock "$api/pods/json" \
    "$api/containers/json?all=true" "$api/volumes/json" "$api/networks/json" \
    "$api/secrets/json" "$api/images/json?all=true"
"""
"""Sweeps what is not Podman's, and tells what it holds: six lists for the price of one command."""


def sweep(lists: list[list[dict[str, Any]]], image_id: str) -> list[list[str]]:
    """The commands that leave nothing but the counter's image, from what a look has told."""
    pods, containers, volumes, networks, secrets, images = lists
    others = [n["name"] for n in networks if n["name"] != "podman"]
    strange = [image["Id"] for image in images if image["Id"] != image_id]
    tagged = [image["Id"] for image in images if COUNTER in (image["RepoTags"] or [])]
    commands = [
        (["podman", "pod", "rm", "-fa", "-t0"], bool(pods)),
        (["podman", "rm", "-fa", "-t0"], bool(containers)),
        (["podman", "volume", "rm", "-f", *(v["Name"] for v in volumes)], bool(volumes)),
        (["podman", "network", "rm", "-f", *others], bool(others)),
        (["podman", "secret", "rm", *(s["ID"] for s in secrets)], bool(secrets)),
        (["podman", "rmi", "-f", *strange], bool(strange)),
        (["podman", "tag", image_id, COUNTER], tagged != [image_id]),
    ]
    return [command for command, needed in commands if needed]


def clean(host: LabHost, image_id: str) -> None:
    """Remove all that a test left on a host; where that fails, start over with empty storage."""
    try:
        if host.alive:
            host.heal_network()
        else:
            host.restart()
        # Bounded: removing 180 containers at once has hung for good.
        bounded = ["timeout", "-k", "5", "60", "sh", "-ec"]
        lists = host.ssh([*bounded, LOOK]).stdout.splitlines()
        if commands := sweep([json.loads(line) or [] for line in lists if line], image_id):
            host.ssh([*bounded, "\n".join(map(shlex.join, commands))])
    except (RuntimeError, ValueError, subprocess.TimeoutExpired):
        host.reset()
        load_counter(host)


def clean_all(hosts: list[LabHost], image_id: str) -> None:
    """Clean several hosts at the same time."""
    with ThreadPoolExecutor() as pool:
        list(pool.map(clean, hosts, [image_id] * len(hosts)))
