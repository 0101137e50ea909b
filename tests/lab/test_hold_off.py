"""New connections are held off while CRIU freezes a container, and let in again."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.podman.real.dumping import HOLD_OFF
from tests.lab.driver import Podferry, count, inspect, peek, run_counter
from tests.lab.fixtures import Pair
from tests.lab.host import LabHost
from tests.lab.lab import Lab

RULES = 'for net in /run/netns/netns-*; do nsenter --net="$net" nft list ruleset; done'


@pytest.fixture
def podferry(lab: Lab, tmp_path: Path) -> Podferry:
    return Podferry(tmp_path, lab.ssh_config)


@contextmanager
def clients(host: LabHost, port: int) -> Iterator[None]:
    """Some that connect as soon as they were answered."""
    ask = f"while :; do curl -s -m 1 http://{host.ip}:{port}/ >/dev/null; done"
    asking = [subprocess.Popen(["bash", "-c", ask]) for _ in range(4)]
    try:
        yield
    finally:
        for client in asking:
            client.kill()
            client.wait()


def on(host: LabHost, name: str, script: str) -> str:
    """Run shell with a container's process in $first and, of its own, its namespace in $own."""
    found = HOLD_OFF + 'read -r first <"$1"; listening "$first"\n'
    return host.ssh(["sh", "-c", found + script, "sh", inspect(host, name)["PidFile"]]).stdout


def held(host: LabHost) -> bool:
    return "podferry" in host.ssh(RULES).stdout


def test_who_connects_is_held_off_for_ten_seconds_at_most(pair: Pair) -> None:
    old = pair.old
    run_counter(old, "web", 8080)
    assert peek(old, 8080) == 0
    with clients(old, 8080):
        rules = on(
            old, "web", 'quieten "$first" "$own"; nsenter --net="$own" nft list table inet podferry'
        )
        assert "timeout 10s" in rules
        nobody = ["curl", "-s", "-m", "0.5", f"http://{old.ip}:8080/peek"]
        assert subprocess.run(nobody, check=False).returncode == 28
        assert on(old, "web", "in_tcp \"$first\" ' (01|03) ' || echo quiet") == "quiet\n"
        on(old, "web", 'let_in "$own"')
        assert peek(old, 8080) >= 0
    assert not held(old)


def test_one_on_the_hosts_own_network_is_left_alone(pair: Pair) -> None:
    run_counter(pair.old, "web", 8080, "--network", "host", "-e", "PORT=8080")
    tried = 'echo "[$own]"; hold_off "$own" </dev/null || echo no; let_in "$own"'
    assert on(pair.old, "web", tried) == "[]\nno\n"


def test_a_busy_server_moves_and_a_dump_that_fails_lets_its_clients_in(
    podferry: Podferry, pair: Pair
) -> None:
    old, new = pair
    run_counter(old, "web", 8080)
    old.ssh("mkdir -p /etc/criu && cp -a /etc/criu /root/criu")
    old.ssh("echo no-such-option >>/etc/criu/crun.conf")
    try:
        assert podferry.move("web").code == 1
    finally:
        old.ssh("rm -rf /etc/criu && mv /root/criu /etc/criu")
    assert not held(old)
    counted = count(old, 8080)
    with clients(old, 8080):
        told = podferry.move("web")
    assert told.code == 0, told
    assert peek(new, 8080) > counted


STUMBLES = r"""#!/bin/sh
case "$*" in *"container checkpoint"*) ;; *) exec /usr/bin/podman "$@" ;; esac
if mkdir /run/stumbled 2>/dev/null; then echo 'Error (criu/sk-inet.c): In-flight' >&2; exit 125; fi
for net in /run/netns/netns-*; do nsenter --net="$net" nft list ruleset; done >/run/rules
exec /usr/bin/podman "$@"
"""
"""A podman whose first checkpoint meets a connection, and that notes the rules at the second."""


def test_who_connects_to_one_that_is_to_sleep_is_held_off_too(
    podferry: Podferry, pair: Pair
) -> None:
    old = pair.old
    run_counter(old, "web", 8080)
    old.ssh("cat >/usr/local/bin/podman && chmod +x /usr/local/bin/podman", data=STUMBLES.encode())
    try:
        told = podferry("hibernate", "old", "web", "--yes", "--json")
        assert told.code == 0, told
        assert "table inet podferry" in old.ssh("cat /run/rules").stdout
    finally:
        old.ssh("rm -rf /usr/local/bin/podman /run/stumbled /run/rules")
    assert podferry("wake", "old", "--json").code == 0
    assert not held(old)
    assert count(old, 8080) == 0
