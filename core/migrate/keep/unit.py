"""A systemd unit that lets a host's containers sleep at shutdown and wakes them at boot.

It needs no Podferry on the host: a POSIX shell script does all of it, the same that
`Engine.hibernate` runs.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.podman.real.hibernating import SCRIPT

NAME = "podferry-hibernate.service"
_PROGRAM = "/usr/local/libexec/podferry-hibernate"

_SERVICE = f"""\
[Unit]
Description=Containers sleep over a reboot
Documentation=man:podman-container-checkpoint(1)
Wants=network-online.target
After=network-online.target machine.slice
Before=podman-restart.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart={_PROGRAM} wake
ExecStop={_PROGRAM} sleep
TimeoutStartSec=30min
TimeoutStopSec=30min

[Install]
WantedBy=multi-user.target
"""

_SCOPE = f"""\
# At shutdown, containers must not end before they are checkpointed.
[Unit]
Before={NAME}
"""
"""systemd stops the scopes of containers early, whatever started them (ClusterLabs'
resource-agents#1374); an ordering of their own holds them until the unit has stopped."""


@dataclass(frozen=True, slots=True)
class File:
    """One file of it."""

    path: str
    mode: str
    text: str


FILES = (
    File(_PROGRAM, "755", f"#!/bin/sh\n# Lets containers sleep over a reboot.{SCRIPT}"),
    File(f"/etc/systemd/system/{NAME}", "644", _SERVICE),
    File("/etc/systemd/system/libpod-.scope.d/podferry.conf", "644", _SCOPE),
)


def commands() -> list[tuple[tuple[str, ...], str]]:
    """What installs it: each command, with what it reads from stdin."""
    puts = [(("install", "-D", "-m", f.mode, "/dev/stdin", f.path), f.text) for f in FILES]
    after = (("systemctl", "daemon-reload"), ("systemctl", "enable", "--now", NAME))
    return [*puts, *((argv, "") for argv in after)]
