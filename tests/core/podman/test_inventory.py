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
    names = ("images", "networks", "volumes", "secrets", "containers", "pods")
    return read_inventory(**{**{name: [] for name in names}, **listings}, room=room)


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
        f"/proc/10/cgroup:0::/machine.slice/libpod-{one}.scope/container\n"
        f"/proc/11/cgroup:0::/libpod_parent/libpod-{one}\n"
        f"/proc/12/cgroup:0::/libpod_parent/libpod-{two}\n"
        "/proc/13/cgroup:0::/user.slice\n"
        "/proc/10/status:VmRSS:\t     100 kB\n"
        "/proc/11/status:VmRSS:\t       1 kB\n"
        "/proc/13/status:VmRSS:\t     900 kB\n"
        "/proc/12/status:VmRSS: broken\n"
    )
    assert read_resident(listing) == {one: 101 * 1024}
    assert read_resident("") == {}
