"""What a host has by name and number."""

from typing import Any

import pytest

from core.podman.model import Inventory
from core.podman.real.inventory import read_inventory, read_resident

HEADER = (
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout\n"
)
LOOPBACK6 = "00000000000000000000000001000000"


def row(address: str, port: int, state: str) -> str:
    return (
        f"   0: {address}:{port:04X} 00000000:0000 {state} 00000000:00000000 00:00000000 "
        "00000000     0        0 1 2 0000000000000000 100 0 0 10 0\n"
    )


def read(room: str = "", **listings: Any) -> Inventory:
    names = ("images", "networks", "volumes", "secrets", "containers", "pods", "inspected")
    return read_inventory(**{**{name: [] for name in names}, **listings}, room=room, asked_s=1000.0)


def test_listening_sockets() -> None:
    room = (
        "\n@@df\n1000\n"
        f"\n@@tcp\n{HEADER}{row('0100007F', 80, '0A')}{row('0100007F', 40000, '01')}"
        f"{row('00000000', 65535, '0A')}{row('00000000', 41000, '06')}"
        f"\n@@tcp6\n{HEADER}{row(LOOPBACK6, 443, '0A')}"
        f"\n@@udp\n{HEADER}{row('00000000', 53, '07')}"
        f"\n@@udp6\n{HEADER}{row(LOOPBACK6, 5353, '07')}"
    )
    told = read(room)
    assert told.listening == {
        ("tcp", 80), ("tcp", 443), ("tcp", 65535), ("udp", 53), ("udp", 5353),
    }  # fmt: skip
    assert told.free_bytes == 1_024_000


@pytest.mark.parametrize(
    "room", ["", "garbage", "\n@@tcp\n", f"\n@@tcp\n{HEADER}\n@@tcp6\n\n@@udp\n", "\n@@tcp\nx\ny\n"]
)
def test_tables_that_are_not_there(room: str) -> None:
    assert read(room).listening == frozenset()


@pytest.mark.parametrize(
    "text,free",
    [("12", 12288), (" 12 \n", 12288), ("", 0), ("-", 0), ("Available", 0), ("12 34", 12288)],
)
def test_room(text: str, free: int) -> None:
    assert read(f"\n@@df\n{text}\n\n@@tcp\n").free_bytes == free


def test_names() -> None:
    told = read(
        images=[
            {"Id": "sha256:aa", "RepoTags": ["a:1", "a:2"]},
            {"Id": "bb", "RepoTags": None, "Names": ["b:1"]},
            {"Id": "cc", "RepoTags": None},
        ],
        networks=[{"name": "podman", "driver": "bridge"}],
        volumes=[{"Name": "data"}],
        secrets=[{"ID": "x", "Spec": {"Name": "token"}}],
        containers=[
            {"Id": "11", "Names": ["web"]},
            {"Id": "22", "Names": None},
            {"Id": "33", "Names": ["abc-infra"], "IsInfra": True},
        ],
        pods=[{"Name": "shop"}],
    )
    assert told.images == {"aa": ("a:1", "a:2"), "bb": ("b:1",), "cc": ()}
    assert told.networks["podman"]["driver"] == "bridge"
    assert [*told.volumes, *told.secrets, *told.pods] == ["data", "token", "shop"]
    assert told.containers == {"web": "11", "22": "22", "abc-infra": "33"}


def test_resident_memory() -> None:
    one, two = "1a" * 32, "2b" * 32
    listing = (
        f"10/cgroup:libpod-{one}:100\n11/cgroup:libpod-{one}:1\n12/cgroup:libpod-{two}:0\n"
        "sudo: a password is required\n"
    )
    assert read_resident(listing) == {one: 101 * 1024, two: 0}
    assert read_resident("") == {}


def test_room_elsewhere() -> None:
    told = read("\n@@df\n5\n\n@@tmp\n7\n\n@@run\n\n@@tcp\n")
    assert (told.free_bytes, told.tmp_free_bytes, told.run_free_bytes) == (5120, 7168, None)
    assert read("").tmp_free_bytes is None


@pytest.mark.parametrize(
    "clock,ahead_s", [("1003.500000000", 3.5), ("990.%N", -10.0), ("", 0.0), ("date: what?", 0.0)]
)
def test_clock(clock: str, ahead_s: float) -> None:
    assert read(f"\n@@clock\n{clock}\n\n@@df\n5\n").clock_ahead_s == ahead_s


def test_addresses_of_what_runs_are_told_by_networks() -> None:
    guest = {
        "name": "web",
        "interfaces": {
            "eth0": {
                "subnets": [
                    {"ipnet": "10.88.0.32/16", "gateway": "10.88.0.1"},
                    {"ipnet": "fd00::20/64"},
                ],
                "mac_address": "8a:5a:b2:08:83:9a",
            }
        },
    }
    told = read(networks=[{"name": "podman", "containers": {"11": guest}}, {"name": "empty"}])
    assert told.addresses == dict.fromkeys(("10.88.0.32", "fd00::20", "8a:5a:b2:08:83:9a"), "web")
    assert told.networks == {"podman": {"name": "podman"}, "empty": {"name": "empty"}}


def test_addresses_of_what_no_network_tells_of() -> None:
    """A container that is stopped keeps what it asked for; an old Podman tells of no guests."""
    stopped = {
        "Name": "dns",
        "ImageName": "localhost/dns",
        "Config": {
            "CreateCommand": [
                "podman",
                "run",
                "--network",
                "web:ip=10.1.0.5,mac=aa:bb:cc:00:11:22",
                "localhost/dns",
                "--ip",
                "10.9.9.9",
            ],
        },
        "NetworkSettings": {"Networks": {"web": {"IPAddress": "", "MacAddress": ""}}},
    }
    running = {
        "Name": "old",
        "NetworkSettings": {
            "Networks": {"web": {"IPAddress": "10.1.0.7", "MacAddress": "aa:bb:cc:00:11:33"}}
        },
    }
    assert read(inspected=[stopped, running]).addresses == {
        "10.1.0.5": "dns", "aa:bb:cc:00:11:22": "dns",
        "10.1.0.7": "old", "aa:bb:cc:00:11:33": "old",
    }  # fmt: skip


def test_a_masked_unit_owns_nothing_any_more() -> None:
    label = {"PODMAN_SYSTEMD_UNIT": "web.service"}
    told = read(
        "\n@@units\ncontainer-db.service\npod-shop.service\n"
        "@@masked\nweb.service\npod-shop.service\n",
        containers=[{"Id": "1", "Names": ["web"], "Labels": label}],
    )
    assert told.units == {"db": "container-db.service"}


def test_units() -> None:
    label = {"PODMAN_SYSTEMD_UNIT": "web.service"}
    told = read(
        "\n@@units\ncontainer-by_hand.service\npod-shop.service\ncontainer-.service\nx.service\n",
        containers=[
            {"Id": "1", "Names": ["web"], "Labels": label},
            {"Id": "2", "Names": ["free"], "Labels": None},
            {
                "Id": "3",
                "Names": ["abc-infra"],
                "Labels": {"PODMAN_SYSTEMD_UNIT": "q-pod.service"},
                "IsInfra": True,
                "PodName": "quadlet",
            },
        ],
        pods=[{"Name": "blog", "Labels": {"PODMAN_SYSTEMD_UNIT": "pod-blog.service"}}],
    )
    assert told.units == {
        "by_hand": "container-by_hand.service",
        "shop": "pod-shop.service",
        "web": "web.service",
        "abc-infra": "q-pod.service",
        "quadlet": "q-pod.service",
        "blog": "pod-blog.service",
    }
